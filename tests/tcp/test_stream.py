from copy import copy
from typing import Any

import pytest

from tcpwatch.tcp.stream import MAX_UNACKED, Stream, UnwrappedSegment
from tcpwatch.wire.options import Options
from tcpwatch.wire.segment import ACK, FIN, PSH, RST, SYN
from tests.builders import segment


def stream(**facts: Any) -> Stream:
    made = Stream()
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def recorded(made: Stream, *, words: tuple[str, ...] = (), ack: int = 0, **facts: Any) -> Stream:
    one = segment(**facts)
    made.record(one, one.seq, ack, words)
    return made


def test_placed_end_counts_the_syn_and_the_fin_as_one() -> None:
    ends = [UnwrappedSegment(segment(flags=flags, length=5), 100, 0).end for flags in (ACK, SYN, FIN | ACK)]
    assert ends == [105, 106, 106]


def test_record_moves_over_the_payload() -> None:
    made = recorded(stream(), seq=1_000, length=100, time_ns=7)
    assert (made.expected, made.expected_ns, made.contiguous, made.segs, made.payload_bytes) == (
        1_100,
        7,
        1_100,
        1,
        100,
    )


def test_record_over_a_hole_leaves_contiguous_behind() -> None:
    made = recorded(stream(expected=1_000, contiguous=1_000), seq=2_000, length=100)
    assert (made.expected, made.contiguous) == (2_100, 1_000)


def test_record_into_the_hole_moves_contiguous_to_the_end() -> None:
    made = recorded(stream(expected=2_100, contiguous=1_000), seq=1_000, length=1_000)
    assert (made.expected, made.contiguous) == (2_100, 2_100)


def test_record_rst_moves_expected_but_not_nxt() -> None:
    made = recorded(stream(nxt=1_000, expected=1_000, contiguous=1_000), seq=9_000, flags=RST)
    assert (made.expected, made.nxt) == (9_000, 1_000)


def test_record_zero_window_probe_does_not_move_nxt() -> None:
    made = recorded(stream(expected=1_000, contiguous=1_000), words=("zero_window_probe",), seq=1_000, length=1)
    assert (made.expected, made.contiguous) == (1_000, 1_000)


def test_record_duplicate_acks_counts_until_the_ack_moves() -> None:
    made = stream(ack=50)
    counts = [
        recorded(made, words=words, ack=ack).dup_acks
        for words, ack in ((("duplicate_ack",), 50), (("duplicate_ack",), 50), ((), 60))
    ]
    assert counts == [1, 2, 0]


def test_record_duplicate_ack_after_an_unseen_one_counts_from_one() -> None:
    assert recorded(stream(ack=50, dup_acks=-1), words=("duplicate_ack",), ack=50).dup_acks == 1


def test_record_clears_unacked_above_its_limit() -> None:
    made = stream()
    for number in range(MAX_UNACKED + 1):
        recorded(made, seq=1_000 + number, length=1)
    assert len(made.unacked) == 1


def test_acknowledge_all_clears_unacked() -> None:
    made = recorded(recorded(stream(), seq=1_000, length=10, time_ns=5), seq=1_010, length=10, time_ns=6)
    assert (made.acknowledge(1_020, 16), made.unacked, made.una) == (10, {}, 1_020)


def test_acknowledge_inside_a_segment_gives_no_round_trip() -> None:
    made = recorded(stream(), seq=1_000, length=10)
    assert made.acknowledge(1_005, 16) is None
    assert made.acknowledge(1_010, 20) == 20


def test_acks_uncaptured_is_reported_once_per_gap() -> None:
    made = stream(expected=1_000, contiguous=1_000)
    assert [made.acks_uncaptured(ack) for ack in (1_000, 1_500, 1_600)] == [False, True, False]


def test_acked_unseen_moves_contiguous_over_the_hole() -> None:
    made = stream(expected=2_000, contiguous=1_000)
    assert [made.acks_uncaptured(ack) for ack in (2_000, 2_000)] == [True, False]
    assert made.contiguous == 2_000


def test_acked_unseen_over_a_hole_leaves_the_duplicate_acks() -> None:
    made = stream(expected=2_000, contiguous=1_000, dup_acks=3)
    assert made.acks_uncaptured(1_500)
    assert made.dup_acks == 3


def test_acked_unseen_of_a_stream_never_seen_is_not_said() -> None:
    assert not stream().acks_uncaptured(1_500)


def test_in_flight_of_a_stream_never_acknowledged_is_unknown() -> None:
    assert stream(nxt=1_100).in_flight is None
    assert stream(una=1_000).in_flight is None


def test_in_flight_after_an_ack_of_uncaptured_data_is_zero() -> None:
    assert stream(nxt=1_100, una=1_300).in_flight == 0


def scales(first: int | None, second: int | None) -> list[int | None]:
    syn, syn_ack = stream(isn=1), stream(isn=2)
    syn.apply_options(Options(wscale=first), Stream())
    syn_ack.apply_options(Options(wscale=second), syn)
    return [syn.wscale, syn_ack.wscale]


def test_take_options_scales_where_both_offer_it() -> None:
    assert scales(7, 8) == [7, 8]


def test_apply_options_scales_neither_if_one_does_not_offer_it() -> None:
    assert scales(7, None) == [0, 0]
    assert scales(None, 7) == [0, 0]


@pytest.mark.parametrize(("cut", "whole"), [(None, 7), (7, 8)])
def test_take_options_of_a_syn_that_was_cut_refuses_nothing(cut: int | None, whole: int) -> None:
    first, second = stream(isn=1), stream(isn=2)
    first.apply_options(Options(wscale=cut, cut=True), second)
    second.apply_options(Options(wscale=whole), first)
    assert (first.wscale, second.wscale) == (cut, whole)


def test_take_options_of_two_syns_that_were_cut_leaves_the_scales_unknown() -> None:
    first, second = stream(isn=1), stream(isn=2)
    for sender, receiver in ((first, second), (second, first)):
        sender.apply_options(Options(cut=True), receiver)
    assert (first.wscale, second.wscale) == (None, None)


def test_take_options_clamps_the_shift_at_14() -> None:
    assert scales(15, 255) == [14, 14]


def test_apply_options_of_a_repeated_syn_without_options_keeps_the_first_offer() -> None:
    made = stream()
    made.apply_options(Options(mss=1_460, wscale=7, sack_permitted=True), Stream())
    made.apply_options(Options(), Stream())
    assert (made.mss, made.wscale, made.sack_permitted) == (1_460, 7, True)


SENDER = {"expected": 1_000, "contiguous": 1_000, "nxt": 1_000, "ack": 5_000, "wnd_raw": 512, "segs": 1, "wscale": 3}
RECEIVER = {"expected": 6_000, "contiguous": 6_000, "ack": 1_000, "wnd_raw": 512, "wnd": 512}


def facts_of(made: Stream) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Stream.__slots__}


@pytest.mark.parametrize("facts", [{}, {"length": 100}, {"length": 100, "ack": 5_000}], ids=["ACK", "both", "data"])
def test_extend_does_what_record_does(facts: dict[str, int]) -> None:
    one = segment(**({"seq": 1_000, "ack": 5_001, "time_ns": 7} | facts))
    extended, recorded_too = (stream(**SENDER, dup_acks=2, words=("retransmission",)) for _ in range(2))
    assert extended.extend(one, one.seq, one.ack, stream(**RECEIVER))
    recorded_too.record(one, one.seq, one.ack, ())
    assert facts_of(extended) == facts_of(recorded_too)


LEFT_TO_THE_RULES: dict[str, tuple[dict[str, int], dict[str, int], dict[str, int]]] = {
    "numbers are skipped": ({"seq": 1_001}, {}, {}),
    "sent again": ({"seq": 900, "length": 100}, {}, {}),
    "behind a hole": ({}, {"contiguous": 900}, {}),
    "an RST ran ahead": ({}, {"nxt": 900}, {}),
    "no room": ({"window": 0}, {}, {}),
    "the same ACK": ({"ack": 5_000}, {}, {}),
    "no ACK": ({"flags": PSH}, {}, {}),
    "an ACK of what was not captured": ({"ack": 9_000}, {}, {}),
    "window full": ({"length": 512}, {}, {}),
    "into a closed window": ({"length": 1}, {}, {"wnd_raw": 0, "wnd": 0}),
    "data acknowledged before it was seen": ({"length": 10}, {}, {"ack": 1_010}),
}


@pytest.mark.parametrize(("facts", "sent", "received"), LEFT_TO_THE_RULES.values(), ids=LEFT_TO_THE_RULES)
def test_extend_leaves_to_the_rules(facts: dict[str, int], sent: dict[str, int], received: dict[str, int]) -> None:
    one = segment(**({"seq": 1_000, "ack": 5_001} | facts))
    made = stream(**(SENDER | sent))
    before = copy(made)
    assert not made.extend(one, one.seq, one.ack, stream(**(RECEIVER | received)))
    assert facts_of(made) == facts_of(before)
