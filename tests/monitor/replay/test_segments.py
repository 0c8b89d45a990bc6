"""Events held in columns are those that were put in."""

from dataclasses import astuple, replace

import pytest

from tcpwatch.monitor.replay.segments import HeldSegments
from tcpwatch.tcp.event import Event, Meaning, Step
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import FIN, INVALID_TIME, SYN, TCP_CHECKSUM, reversed_ends
from tests.builders import event
from tests.monitor.conversation import CLIENT_ENDS

LARGE = 1 << 40


def held(*events: Event) -> HeldSegments:
    """These events of one connection."""
    segments = HeldSegments()
    for number, one in enumerate(events):
        segments.append(one, one.segment.ends, max(0, number - 1))
    return segments


def of_side(one: Event, side: int) -> Event:
    ends = reversed_ends(CLIENT_ENDS) if side else CLIENT_ENDS
    return replace(one, stream=7, side=side, segment=replace(one.segment, ends=ends))


ORDINARY = event(flags=SYN)
UNUSUAL = Event(
    replace(
        ORDINARY.segment, frame=LARGE, time_ns=LARGE, seq=(1 << 32) - 1, ack=(1 << 32) - 1, flags=0x1FF, window=65_535,
        length=70_000, option_bytes=b"\1\1", payload=b"GET /", options_cut=True, vlan=(1, 2), link=1 << 112,
        way=(255, 65_535), faults=(TCP_CHECKSUM, INVALID_TIME),
    ),
    7, 0, -LARGE, LARGE, 65_535 << 14, True,
    Meaning(State.SYN_SENT, State.LISTEN, Step.SYN, ("retransmission",), "a note", "HTTP"),
    rtt_ns=0, in_flight=0,
)  # fmt: skip
OVER_IPV6 = replace(ORDINARY, segment=replace(ORDINARY.segment, way=(0, None)))


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("one", [ORDINARY, UNUSUAL, OVER_IPV6], ids=["ordinary", "unusual", "over IPv6"])
def test_held_event_has_all_values_of_the_one_put_in(one: Event, side: int) -> None:
    one = of_side(one, side)
    other = of_side(event(flags=FIN), 0)
    assert astuple(held(other, one)[1]) == astuple(one)
    assert astuple(held(one, other)[0].segment) == astuple(one.segment)


def test_slices_are_those_of_a_list() -> None:
    events = [of_side(event(seq=seq), 0) for seq in range(5)]
    segments = held(*events)
    assert (len(segments), [one.seq for one in segments]) == (5, [0, 1, 2, 3, 4])
    for part in (slice(1, 3), slice(3, 99), slice(-2, None), slice(None, None, 2), slice(4, 2)):
        assert [one.seq for one in segments[part]] == [one.seq for one in events[part]]
    assert segments[-1].seq == 4
    with pytest.raises(IndexError):
        segments[5]


def test_equal_meanings_are_held_once() -> None:
    meanings = [Meaning(State.ESTABLISHED, State.ESTABLISHED, note=note) for note in ("one", "one", "other")]
    first, second, third = held(*(replace(of_side(ORDINARY, 0), meaning=meaning) for meaning in meanings))
    assert first.meaning is second.meaning
    assert third.meaning.note == "other"


def test_held_events_with_the_same_values_are_equal() -> None:
    one = of_side(ORDINARY, 0)
    assert held(one)[0] == held(one)[0]
    assert held(one)[0] != held(replace(one, seq=one.seq + 1))[0]


def test_unknown_attribute_is_an_error() -> None:
    one = held(of_side(ORDINARY, 0))[0]
    with pytest.raises(AttributeError):
        _ = one.colour  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        _ = one.segment._colour  # type: ignore[attr-defined]
