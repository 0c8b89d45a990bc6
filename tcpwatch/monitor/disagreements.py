"""Where kernel and wire disagree for long enough to count: a short difference is only the time between two dumps."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tcpwatch.diagnose.problem import Problem
from tcpwatch.diagnose.rules.kernel_vs_wire import BothViews, disagreement
from tcpwatch.monitor.snapshot import Connection, Detail, Mark
from tcpwatch.monitor.traffic.wire_timeline import BothTimelines
from tcpwatch.sockets.timeline import Timeline
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb

NOTHING_SENT: Mapping[int, int] = {}
PATIENCE_NS = 2_000_000_000  # two dumps: the first may be older than what the wire shows, the second is not


class LastingDisagreements:
    """Since when each disagreement has been there without a break, of the connection that was last asked for."""

    def __init__(self) -> None:
        self._since: dict[object, int] = {}
        self._first: tuple[bytes, dict[int, int]] = (b"", {})

    def sent_before(self, ends: bytes, detail: Detail) -> Mapping[int, int]:
        """By cookie, SND.NXT of both ends when this connection was first asked for.

        What had been sent by then may have passed before the capture began.
        """
        known = self._first[1] if self._first[0] == ends else {}
        for end, tcbs in ((detail.connection, detail.here), (detail.peer, detail.there)):
            kernel = next((tcb for tcb in tcbs if tcb.source is not Source.WIRE), None)
            if end is not None and kernel is not None and kernel.snd_nxt is not None:
                known.setdefault(end.key, kernel.snd_nxt)
        self._first = ends, known
        return known

    def lasting(
        self, ends: bytes, found: Iterable[Problem], now_ns: int, patience_ns: int = PATIENCE_NS
    ) -> tuple[Problem, ...]:
        """Those that have been there for `patience_ns` with the same `rests_on`."""
        by_key = {(ends, one.rule, one.rests_on): one for one in found}
        self._since = {key: self._since.get(key, now_ns) for key in by_key}
        return tuple(problem for key, problem in by_key.items() if now_ns - self._since[key] >= patience_ns)


def patience_ns(detail: Detail) -> int:
    """Longer than a round trip, by every measurement of one."""
    handshake_ns = detail.flow.handshake_rtt_ns if detail.flow is not None else None
    srtt_us = detail.info.rtt if detail.info is not None else None
    return max(PATIENCE_NS, handshake_ns or 0, (srtt_us or 0) * 1000)


def disagreements(
    detail: Detail,
    wire_timelines: BothTimelines,
    now_ns: int,
    lossless: bool,
    sent_before: Mapping[int, int] = NOTHING_SENT,
) -> tuple[Problem, ...]:
    """What disagrees at this moment, at either end; `wire_timelines` is the wire's alone, the first end first.

    `sent_before` has by cookie what had been sent at the first look.
    """
    flow = detail.flow
    if flow is None:
        return ()
    here, there = _wire(detail.here), _wire(detail.there)
    both = (
        _views("this end", detail.connection, detail.here, there, flow.here_state, flow.segs[0], wire_timelines[0]),
        _views("the peer", detail.peer, detail.there, here, flow.there_state, flow.segs[1], wire_timelines[1]),
    )
    views = (
        replace(one, now_ns=now_ns, lossless=lossless, sent_before=sent_before.get(one.row.cookie), listener=listener)
        for one, listener in zip(both, detail.listeners, strict=True)
        if one is not None
    )
    return tuple(found for one in views if (found := disagreement(one)) is not None)


def _views(
    whose: str,
    connection: Connection | None,
    tcbs: tuple[Tcb, ...],
    other: Tcb | None,
    state: State,
    segs: int,
    timeline: Timeline,
) -> BothViews | None:
    """Both views of one end; None where one of them is missing, or where they are of different connections."""
    wire, kernel = _wire(tcbs), next((tcb for tcb in tcbs if tcb.source is not Source.WIRE), None)
    if connection is None or wire is None or other is None:
        return None
    if kernel is not None and None not in (kernel.iss, wire.iss) and kernel.iss != wire.iss:
        return None
    row = replace(connection.row, state=State.CLOSED) if connection.mark is Mark.GONE else connection.row
    return BothViews(whose, row, kernel, wire, state, timeline, 0, bool(segs), other.snd_nxt, True)


def _wire(tcbs: tuple[Tcb, ...]) -> Tcb | None:
    return next((tcb for tcb in tcbs if tcb.source is Source.WIRE), None)
