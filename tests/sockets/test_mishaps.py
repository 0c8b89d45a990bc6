"""What went wrong between the same ends, and for which of the sockets that had them."""

from tcpwatch.sockets.mishaps import (
    NO_MISHAPS,
    Cause,
    EndsMishaps,
    MishapKind,
    Mishaps,
    ResetSent,
    SegmentDropped,
    SocketError,
)
from tcpwatch.tcp.state import State

HERE, THERE = bytes.fromhex("0a000001 0a000002 1f90 c350"), bytes.fromhex("0a000002 0a000001 c350 1f90")
RESET = ResetSent(5, HERE, 7, State.CLOSED, "TCP_ABORT_ON_CLOSE")
ERROR = SocketError(6, HERE, 7, State.CLOSED, 104)
DROP = SegmentDropped(4, THERE, 9, State.LISTEN, "TCP_LISTEN_OVERFLOW", 0x10, received=True)
ALL = EndsMishaps(RESET, ERROR, {DROP.reason: (3, DROP)})


def test_reset_that_answers_a_segment() -> None:
    assert not RESET.answers
    assert ResetSent(5, HERE, None, None, "NO_SOCKET", answered_flags=0).answers


def test_drop_has_the_local_end_where_it_was_going() -> None:
    assert DROP.ends_here == HERE
    assert SegmentDropped(4, HERE, 7, None, "NETFILTER_DROP", 2, received=False).ends_here == HERE


def test_newest_and_how_many() -> None:
    assert (ALL.newest_ns, ALL.times) == (6, 5)
    assert (NO_MISHAPS.newest_ns, NO_MISHAPS.times) == (0, 0)


def test_mishaps_of_the_socket() -> None:
    assert Mishaps({HERE: ALL}).between(HERE, 7) == ALL


def test_mishaps_of_an_earlier_socket_with_the_same_ends() -> None:
    """What the listener dropped may have been for either."""
    assert Mishaps({HERE: ALL}).between(HERE, 8) == EndsMishaps(drops=ALL.drops)


def test_mishaps_of_no_socket() -> None:
    """They may be of any that had these ends."""
    nobody = ResetSent(5, HERE, None, None, "NO_SOCKET", 2)
    assert Mishaps({HERE: EndsMishaps(stray_reset=nobody)}).between(HERE, 8).stray_reset is nobody


def test_mishaps_between_other_ends() -> None:
    assert Mishaps({HERE: ALL}).between(THERE) == NO_MISHAPS


def test_count_by_reason_and_port() -> None:
    found = Mishaps(
        last_minute={
            Cause(MishapKind.RESET_SENT, "NO_SOCKET", 80): 3,
            Cause(MishapKind.RESET_SENT, "NO_SOCKET", None): 4,
            Cause(MishapKind.DROPPED, "NO_SOCKET", 80): 3,
        }
    )
    assert found.count(MishapKind.RESET_SENT) == {"NO_SOCKET": 7}
    assert found.count(MishapKind.RESET_SENT, 80) == {"NO_SOCKET": 3}
    assert found.count(MishapKind.ERROR) == {}


def test_stray_reset_leaves_that_of_the_connection() -> None:
    stray = ResetSent(9, HERE, 30, State.LISTEN, "TCP_FLAGS", 1)
    both = EndsMishaps(RESET).joined(EndsMishaps(stray_reset=stray))
    assert (both.reset_sent, both.newest_reset, both.newest_ns, both.times) == (RESET, stray, 9, 2)
    assert (RESET.is_stray, stray.is_stray) == (False, True)
    assert both.of(7).reset_sent is RESET


def test_nothing_is_watched_where_every_kind_is_unavailable() -> None:
    assert Mishaps(unavailable={MishapKind.ERROR: "old kernel"}).watched
    assert not Mishaps(unavailable=dict.fromkeys(MishapKind, "needs root")).watched
