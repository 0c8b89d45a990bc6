"""Numbers, times and ends as words."""

import pytest

from tcpwatch.text.duration import SECOND_NS
from tcpwatch.tui.paint.format import (
    age,
    brief,
    brief_countdown,
    brief_span,
    clock,
    delta,
    grouped,
    listener,
    local_end,
    microseconds,
    precise_span,
    several,
    short_number,
)
from tcpwatch.wire.segment import Endpoint, ZonedEndpoint


@pytest.mark.parametrize(
    ("seconds", "words"), [(59, "59s"), (187, "3m07s"), (725, "12m"), (3720, "1h02m"), (45_000, "12h"), (1e6, "11d")]
)
def test_brief_takes_five_cells(seconds: float, words: str) -> None:
    assert brief(int(seconds) * SECOND_NS) == words


def test_brief_countdown() -> None:
    assert [brief_countdown(ms) for ms in (204, 72_000, 725_000)] == ["0.2s", "1m12s", "12m"]


@pytest.mark.parametrize(
    ("ns", "brief", "precise"),
    [
        (812, "812ns", "0.812µs"),
        (31_204, "31µs", "31.204µs"),
        (999_999, "999µs", "999.999µs"),
        (204_113_000, "204ms", "204.113ms"),
        (12_204_000_000, "12s", "12.204s"),
        (187 * SECOND_NS, "3m07s", "3m07s"),
    ],
)
def test_spans_below_a_second(ns: int, brief: str, precise: str) -> None:
    assert (brief_span(ns), precise_span(ns)) == (brief, precise)


def test_age_says_where_the_beginning_was_not_seen() -> None:
    assert age(100 * SECOND_NS, 41 * SECOND_NS, True) == "59s"
    assert age(100 * SECOND_NS, 41 * SECOND_NS, False) == "≥59s"


@pytest.mark.parametrize(
    ("ns", "words"),
    [
        (24_000, "+24µs"),
        (1_200_000, "+1.2ms"),
        (850_000_000, "+850.0ms"),
        (1_850_000_000, "+1.85s"),
        (200 * SECOND_NS, "+3m20s"),
    ],
)
def test_delta(ns: int, words: str) -> None:
    assert delta(ns) == words
    assert delta(-ns) == "-" + words[1:]


def test_clock_with_and_without_a_fraction() -> None:
    moment = 1_767_182_624 * SECOND_NS + 120_512_000
    assert clock(moment) == "12:03:44"
    assert clock(moment, 6) == "12:03:44.120512"


@pytest.mark.parametrize(
    ("us", "words"),
    [(52, "52 µs"), (1_250, "1.25 ms"), (204_000, "204 ms"), (999_800, "1.00 s"), (3_000_000, "3.00 s")],
)
def test_microseconds(us: int, words: str) -> None:
    assert microseconds(us) == words


def test_grouped_and_several() -> None:
    assert grouped(1_834_112_905) == "1 834 112 905"
    assert (several(1, "byte"), several(1_500, "byte")) == ("1 byte", "1 500 bytes")


@pytest.mark.parametrize(
    ("number", "words"), [(99_999, "99999"), (100_000, "100k"), (123_456_789, "123M"), (4 * 10**9, "4000M")]
)
def test_short_number_fits(number: int, words: str) -> None:
    assert short_number(number, 5) == words


def test_listener_on_every_address() -> None:
    assert listener(Endpoint("0.0.0.0", 9999)) == "*:9999"
    assert listener(Endpoint("::", 22)) == "*:22"
    assert listener(Endpoint("::1", 22)) == "[::1]:22"
    assert listener(ZonedEndpoint.of(Endpoint("::", 22), "eth0")) == "*%eth0:22"


def test_local_end_leaves_out_an_address_both_ends_share() -> None:
    here = Endpoint("127.0.0.1", 9999)
    assert local_end(here, Endpoint("127.0.0.1", 53412)) == ":9999"
    assert local_end(here, Endpoint("10.0.0.9", 53412)) == "127.0.0.1:9999"
