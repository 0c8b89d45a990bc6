"""The rules one by one where a scenario cannot tell them apart; tests/scenarios has each word in its trace."""

from typing import Any

import pytest

from tcpwatch.tcp.analysis import PROGRESS, REPETITION, analyse
from tcpwatch.tcp.stream import Stream, UnwrappedSegment
from tcpwatch.wire.segment import ACK, FIN, RST, SYN
from tests.builders import segment
from tests.tcp.test_stream import stream

MILLISECOND = 1_000_000


def sender(**facts: Any) -> Stream:
    """It has sent up to 1000, the last time at 1 s, and has acknowledged up to 5000 with a window of 512."""
    return stream(
        **(
            {"expected": 1_000, "contiguous": 1_000, "ack": 5_000, "wnd_raw": 512, "expected_ns": 10**9, "segs": 1}
            | facts
        )
    )


def receiver(**facts: Any) -> Stream:
    """It has sent up to 5000, and has acknowledged all with a window of 512 bytes."""
    last = {
        "expected": 5_000,
        "contiguous": 5_000,
        "ack": 1_000,
        "wnd_raw": 512,
        "wnd": 512,
        "wscale": 0,
        "last_ns": 10**9,
        "segs": 1,
    }
    return stream(**(last | facts))


def words(out: Stream, back: Stream, rtt_ns: int | None = None, **facts: Any) -> tuple[str, ...]:
    one = segment(**({"time_ns": 2 * 10**9} | facts))
    return analyse(UnwrappedSegment(one, one.seq, one.ack, rtt_ns), out, back)


def test_tables_have_each_word_once() -> None:
    table = [rule.words for rule in PROGRESS + REPETITION]
    assert len(table) == len(set(table))


def test_next_data_has_no_word() -> None:
    assert words(sender(), receiver(), length=100) == ()


def test_first_segment_of_a_stream_has_no_word() -> None:
    assert words(Stream(), Stream(), length=100) == ()


@pytest.mark.parametrize("flags", [SYN, FIN | ACK, RST])
def test_zero_window_with_control_flags_is_none(flags: int) -> None:
    assert words(sender(), receiver(), flags=flags, window=0, seq=1_000) == ()


def test_zero_window_probe_ends_its_table() -> None:
    assert words(sender(), receiver(wnd_raw=0, wnd=0), length=1, window=0) == ("zero_window_probe",)


def test_two_bytes_into_a_closed_window_are_no_probe() -> None:
    assert words(sender(), receiver(wnd_raw=0, wnd=0), length=2) == ()


def test_rst_beyond_a_hole_is_no_lost_segment() -> None:
    assert words(sender(), receiver(), flags=RST, seq=2_000) == ()


@pytest.mark.parametrize(("length", "word"), [(0, "keep_alive"), (1, "keep_alive"), (2, None)])
def test_keep_alive_has_at_most_one_byte(length: int, word: str | None) -> None:
    out = sender()
    out.ack = 4_999  # else the last byte sent again is a duplicate too
    assert words(out, receiver(ack=900), seq=999, length=length) == ((word,) if word else ())


def test_fin_one_below_is_no_keep_alive() -> None:
    assert words(sender(), receiver(ack=900), seq=999, flags=FIN | ACK) == ("retransmission",)


def test_window_update_to_zero_is_a_zero_window() -> None:
    assert words(sender(), receiver(), window=0) == ("zero_window",)


def test_window_update_with_data_is_none() -> None:
    assert words(sender(), receiver(), window=600, length=10) == ()


def test_window_full_counts_from_the_last_ack() -> None:
    assert words(sender(), receiver(), length=512) == ("window_full",)
    assert words(sender(), receiver(), length=511) == ()


def test_window_full_with_unknown_scale_is_never_said() -> None:
    assert words(sender(), receiver(wnd=None, wscale=None), length=512) == ()


def test_window_full_with_fin_is_never_said() -> None:
    assert words(sender(), receiver(), length=512, flags=FIN | ACK) == ()


def test_answer_to_a_keep_alive_is_no_duplicate_ack() -> None:
    assert words(sender(), receiver(words=("keep_alive",))) == ("keep_alive_ack",)


def test_answer_to_a_keep_alive_with_another_window_is_an_update() -> None:
    assert words(sender(), receiver(words=("keep_alive",)), window=600) == ("window_update",)


def test_answer_to_a_probe_that_opens_the_window_is_an_update() -> None:
    out = sender(wnd_raw=0)
    assert words(out, receiver(words=("zero_window_probe",)), window=600) == ("window_update",)


def test_duplicate_ack_with_data_is_none() -> None:
    assert words(sender(), receiver(), length=1) == ()


def test_duplicate_ack_beside_mptcp_news_is_none() -> None:
    one = segment()
    assert analyse(UnwrappedSegment(one, one.seq, one.ack, mptcp_news=True), sender(), receiver()) == ()


def test_ack_of_uncaptured_data_needs_the_ack_flag() -> None:
    assert words(sender(), receiver(), ack=6_000) == ("ack_lost_segment",)
    assert words(sender(), receiver(), ack=6_000, flags=0) == ()


def test_spurious_retransmission_needs_all_bytes_acknowledged() -> None:
    spurious = ("retransmission", "spurious_retransmission")
    assert words(sender(), receiver(ack=900), seq=800, length=100) == spurious
    assert words(sender(), receiver(ack=899), seq=800, length=100) == ("retransmission",)


def test_fin_that_was_acknowledged_is_not_spurious() -> None:
    assert words(sender(), receiver(), seq=999, flags=FIN | ACK) == ("retransmission",)


@pytest.mark.parametrize(
    ("dup_acks", "after_ms", "fast"),
    [(1, 10, False), (2, 10, True), (2, 19.999, True), (2, 20, False), (2, -1, False), (-1, 10, True)],
)
def test_fast_retransmission_needs_duplicate_acks_and_haste(dup_acks: int, after_ms: float, fast: bool) -> None:
    back = receiver(ack=900, dup_acks=dup_acks)
    said = words(sender(expected_ns=0), back, seq=900, length=50, time_ns=10**9 + round(after_ms * MILLISECOND))
    assert said == (("fast_retransmission", "retransmission") if fast else ("retransmission",))


def test_fast_retransmission_begins_at_the_duplicate_ack() -> None:
    back = receiver(ack=800, dup_acks=3)
    assert words(sender(expected_ns=0), back, seq=900, length=50, time_ns=10**9) == ("retransmission",)


@pytest.mark.parametrize(
    ("rtt_ns", "after_ms", "overtaken"),
    [
        (None, 2.9, True),
        (None, 3, False),
        (10 * MILLISECOND, 9, True),
        (10 * MILLISECOND, 10, False),
        (None, -1, False),
    ],
)
def test_out_of_order_comes_within_a_round_trip(rtt_ns: int | None, after_ms: float, overtaken: bool) -> None:
    at = 10**9 + round(after_ms * MILLISECOND)
    said = words(sender(), receiver(ack=800), rtt_ns, seq=900, length=50, time_ns=at)
    assert said == (("out_of_order",) if overtaken else ("retransmission",))


def test_out_of_order_that_ends_where_the_highest_ends_is_a_retransmission() -> None:
    assert words(sender(), receiver(ack=800), seq=900, length=100, time_ns=10**9) == ("retransmission",)


def test_more_data_after_a_probe_byte_is_no_retransmission() -> None:
    assert words(sender(), receiver(ack=999), seq=999, length=50) == ()
