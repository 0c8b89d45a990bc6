"""What went wrong of late: kept by ends, counted by cause, forgotten in time."""

from tcpwatch.kernel.mishaps import MishapReading
from tcpwatch.monitor.traffic.mishap_log import CAUSE_LIMIT, ENDS_LIMIT, KEPT_NS, MishapLog
from tcpwatch.sockets.mishaps import Cause, EndsMishaps, Mishap, MishapKind, Mishaps, ResetSent, SegmentDropped
from tcpwatch.sockets.mishaps import SocketError as GivenError
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.segment import reversed_ends

ENDS = bytes.fromhex("0a000001 0a000002 1f90 c350")


def reset(ends: bytes = ENDS, at_ns: int = 0, reason: str = "TCP_STATE") -> ResetSent:
    return ResetSent(at_ns, ends, 7, None, reason)


def drop(cookie: int | None = 7, reason: str = "NETFILTER_DROP") -> SegmentDropped:
    return SegmentDropped(0, reversed_ends(ENDS), cookie, None, reason, 2, received=True)


def view_of(*mishaps: Mishap, now_ns: int = 0) -> Mishaps:
    log = MishapLog()
    log.add(MishapReading({}, mishaps), 0)
    return log.view(now_ns, {})


def test_newest_reset_between_the_ends() -> None:
    found = view_of(reset(reason="TCP_FLAGS"), reset())
    assert found.between(ENDS).reset_sent == reset()


def test_mishaps_of_all_kinds_stand_together() -> None:
    error = GivenError(3, ENDS, 7, None, 110)
    assert view_of(drop(), error, reset()).by_ends == {
        ENDS: EndsMishaps(reset(), error, {"NETFILTER_DROP": (1, drop())})
    }


def test_drops_are_counted_by_reason() -> None:
    drops = view_of(drop(None), drop(), drop(reason="TCP_CSUM")).between(ENDS).drops
    assert {reason: times for reason, (times, _) in drops.items()} == {"NETFILTER_DROP": 2, "TCP_CSUM": 1}


def test_drops_of_an_earlier_connection_are_not_counted_on() -> None:
    assert view_of(drop(7), drop(7), drop(8)).between(ENDS).drops["NETFILTER_DROP"][0] == 1


def test_mishaps_are_forgotten() -> None:
    assert view_of(reset(), now_ns=KEPT_NS).by_ends
    assert not view_of(reset(), now_ns=KEPT_NS + 1).by_ends


def test_oldest_falls_out_and_is_counted() -> None:
    ends = [number.to_bytes(12) for number in range(ENDS_LIMIT + 1)]
    found = view_of(*map(reset, ends))
    assert (len(found.by_ends), found.left_out) == (ENDS_LIMIT, 1)
    assert ends[0] not in found.by_ends


def test_left_out_by_the_source_is_counted() -> None:
    log = MishapLog()
    log.add(MishapReading({}, (), left_out=3), 0)
    log.add(MishapReading({}, (), left_out=4), 0)
    assert log.view(0, {}).left_out == 7


def test_unavailable_is_passed_on() -> None:
    assert MishapLog().view(0, {MishapKind.ERROR: "no"}).unavailable == {MishapKind.ERROR: "no"}


def test_count_of_the_last_minute() -> None:
    log = MishapLog()
    cause = Cause(MishapKind.DROPPED, "TCP_CSUM", 80)
    counts = []
    for second, times in ((0, 5), (1, 1), (30, 2), (60, 0), (61, 0), (90, 0)):
        log.add(MishapReading({cause: times} if times else {}, ()), second * SECOND_NS)
        counts.append(log.view(second * SECOND_NS, {}).last_minute.get(cause))
    assert counts == [5, 6, 8, 3, 2, None]


def test_ports_beyond_the_limit_are_counted_together() -> None:
    log = MishapLog()
    log.add(MishapReading({Cause(MishapKind.DROPPED, "A", port): 1 for port in range(CAUSE_LIMIT + 5)}, ()), 0)
    counted = log.view(0, {}).last_minute
    assert counted[Cause(MishapKind.DROPPED, "A", None)] == 5
    assert sum(counted.values()) == CAUSE_LIMIT + 5


def test_scan_of_closed_ports_pushes_nothing_else_out() -> None:
    scan = [reset(number.to_bytes(12), reason="NO_SOCKET") for number in range(ENDS_LIMIT + 1)]
    found = view_of(reset(), *scan)
    assert found.between(ENDS).reset_sent == reset()
    assert (len(found.by_ends), found.left_out) == (ENDS_LIMIT + 1, 1)


def test_connection_and_what_came_to_no_socket_are_joined() -> None:
    refused = ResetSent(9, ENDS, None, None, "NO_SOCKET", 1)
    found = view_of(reset(), drop(), refused, drop(None, "NO_SOCKET")).between(ENDS)
    assert (found.reset_sent, found.stray_reset) == (reset(), refused)
    assert found.drops.keys() == {"NETFILTER_DROP", "NO_SOCKET"}
