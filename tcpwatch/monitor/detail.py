"""All that is known of one connection, joined: the kernel's facts, the wire's facts, and what they mean. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.diagnosis import dated, diagnose
from tcpwatch.monitor.around.listener_of import listener_of
from tcpwatch.monitor.disagreements import LastingDisagreements, disagreements, patience_ns
from tcpwatch.monitor.icmp_errors import IcmpErrors
from tcpwatch.monitor.snapshot import Connection, Detail, Snapshot
from tcpwatch.monitor.traffic.wire_timeline import NO_TIMELINES, BothTimelines, shifted, with_segments
from tcpwatch.sockets.counters import NO_STACK, Stack
from tcpwatch.sockets.kernel_tcb import anchored, tcb_of
from tcpwatch.sockets.mishaps import EndsMishaps, Mishaps
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.sockets.timeline import Precision
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.flow_facts import FlowFacts
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Tcb
from tcpwatch.wire.icmp import IcmpError
from tcpwatch.wire.segment import is_loopback, reversed_ends

ListenerOfEach = tuple[SocketRow | None, ...]
SLACK_NS = 1_000_000_000  # between a segment and the change that it made: each is dated by another clock


def detail(
    ends: bytes,
    snapshot: Snapshot,
    found: tuple[Flow, int] | None,
    key: int | None = None,
    wire_timelines: BothTimelines = NO_TIMELINES,
    lasting_disagreements: LastingDisagreements | None = None,
) -> Detail | None:
    """What is known of the connection with these ends; None where neither the kernel nor the wire knows it.

    `found` is its flow and which side of it is the first of `ends`, `wire_timelines` the states that its segments show
    (on the wall clock); `lasting_disagreements` remembers what disagreed when it was asked for before.
    `key` says which socket is meant where several have the same ends (listeners with SO_REUSEPORT, a row that is gone).
    Seen from the first end of `ends` where that is a socket of this host, or where neither is.
    """
    connection = snapshot.by_key.get(key) if key is not None else None
    connection = connection or snapshot.by_ends.get(ends)
    if connection is None and (other := snapshot.by_ends.get(reversed_ends(ends))) is not None:
        connection, ends = other, reversed_ends(ends)
        found = (found[0], 1 - found[1]) if found is not None else None
    if connection is None and found is None:
        return None
    wall_ns = snapshot.time_ns - snapshot.mono_ns
    if connection is not None and found is not None and not is_of(found[0], connection, wall_ns):
        found = None
    peer = snapshot.by_key.get(connection.peer) if connection is not None and connection.peer is not None else None
    stack = snapshot.stack if connection is None or connection.row.is_here else NO_STACK
    listeners = tuple(
        listener_of(end.row, snapshot.connections) if end is not None else None for end in (connection, peer)
    )
    known = joined(ends, connection, peer, found, snapshot.mono_ns, stack, wire_timelines, wall_ns, listeners)
    if connection is not None:
        facts = facts_of(
            connection,
            peer,
            stack,
            listeners[0],
            snapshot.mono_ns,
            earlier=snapshot.earlier.get(connection.key),
            icmp_error=newest_icmp_error(snapshot.icmp_errors, connection),
            mishaps=mishaps_of(connection, snapshot.mishaps),
            flow=known.flow,
        )
        known = replace(known, problems=diagnose(facts))
    if connection is not None and (trouble := connection.trouble) is not None:
        since = snapshot.trouble_since.get(connection.key)
        known = known if since is None else replace(known, problems=dated(known.problems, trouble, since))
    if lasting_disagreements is None:
        return known
    by_wire = _of_sides(wire_timelines, found, wall_ns)
    lossless = not snapshot.dropped and all(one.working for one in snapshot.sources if one.name == "packets")
    sent_before = lasting_disagreements.sent_before(ends, known)
    momentary = disagreements(known, by_wire, snapshot.mono_ns, lossless, sent_before)
    lasting = lasting_disagreements.lasting(ends, momentary, snapshot.mono_ns, patience_ns(known))
    return replace(known, disagreements=lasting)


def joined(
    ends: bytes,
    connection: Connection | None,
    peer: Connection | None,
    found: tuple[Flow, int] | None,
    now_ns: int,
    stack: Stack = NO_STACK,
    wire_timelines: BothTimelines = NO_TIMELINES,
    wall_ns: int = 0,
    listeners: ListenerOfEach = (None, None),
) -> Detail:
    """Both ends of one connection, the first of `ends` first: their sockets and their flow together.

    `listeners` are those that the ends in SYN-RECEIVED are for. `now_ns` is on the clock of the sockets;
    the clock of the segments is ahead of it by `wall_ns`.
    """
    wire_here, wire_there = _wire_tcbs(found)
    flow = FlowFacts.of(*found) if found is not None else None
    facts = facts_of(connection, peer, stack, listeners[0], now_ns, flow=flow) if connection is not None else None
    return Detail(
        ends=ends,
        connection=connection,
        peer=peer,
        here=_in_order_of_trust(connection, wire_here),
        there=_in_order_of_trust(peer, wire_there),
        info=_info(connection),
        peer_info=_info(peer),
        flow=flow,
        problems=diagnose(facts) if facts is not None else (),
        listeners=listeners,
        stack=stack,
        timelines=_timelines((connection, peer), _of_sides(wire_timelines, found, wall_ns)),
        wall_ns=wall_ns,
    )


def is_of(flow: Flow, connection: Connection, wall_ns: int) -> bool:
    """Whether the flow, which has the ends of this connection, is its own and not that of an earlier or a later one.

    The loopback of another namespace is never captured; ours may have the same ends.
    """
    if not connection.row.is_here and is_loopback(connection.row.ends):
        return False
    birth, timeline = connection.timeline.intervals[0], connection.timeline
    over = timeline.intervals[-1].since_ns if timeline.intervals[-1].state is State.CLOSED else None
    before = birth.precision is Precision.EXACT and flow.last_ns < birth.since_ns + wall_ns - SLACK_NS
    after = over is not None and flow.first_ns > over + wall_ns + SLACK_NS
    return not before and not after


def _of_sides(wire_timelines: BothTimelines, found: tuple[Flow, int] | None, wall_ns: int) -> BothTimelines:
    """The states of the first end and of the other as the wire shows them, on the sockets' clock."""
    if found is None:
        return NO_TIMELINES
    side = found[1]
    return shifted(wire_timelines[side], -wall_ns), shifted(wire_timelines[1 - side], -wall_ns)


def _timelines(ends: tuple[Connection | None, Connection | None], by_wire: BothTimelines) -> BothTimelines:
    """Both ends' timelines, from their sockets and from their segments."""
    here, there = (
        with_segments(end.timeline, wire) if end is not None else wire for end, wire in zip(ends, by_wire, strict=True)
    )
    return here, there


def _info(connection: Connection | None) -> TcpInfo | None:
    return connection.row.info if connection is not None else None


def _wire_tcbs(found: tuple[Flow, int] | None) -> tuple[Tcb | None, Tcb | None]:
    if found is None:
        return None, None
    flow, side = found
    return flow.tcb(side), flow.tcb(1 - side)


def _in_order_of_trust(connection: Connection | None, wire: Tcb | None) -> tuple[Tcb, ...]:
    """The kernel's TCB first, made absolute where the wire showed both initial sequence numbers; then the wire's."""
    kernel = tcb_of(connection.row) if connection is not None else None
    if kernel is not None and wire is not None and wire.iss is not None and wire.irs is not None:
        kernel = anchored(kernel, wire.iss, wire.irs)
    return tuple(tcb for tcb in (kernel, wire) if tcb is not None)


def mishaps_of(connection: Connection, mishaps: Mishaps) -> EndsMishaps | None:
    """What went wrong with a connection of this namespace; None where nobody watched."""
    if not mishaps.watched or not connection.row.is_here:
        return None
    return mishaps.between(connection.row.ends, connection.key)


def newest_icmp_error(errors: Mapping[bytes, IcmpErrors], connection: Connection) -> IcmpError | None:
    """The newest that came about what this end has sent."""
    known = errors.get(connection.row.ends)
    return known.newest if known is not None else None


def facts_of(
    connection: Connection,
    peer: Connection | None,
    stack: Stack,
    listener: SocketRow | None = None,
    now_ns: int = 0,
    earlier: SocketRow | None = None,
    icmp_error: IcmpError | None = None,
    mishaps: EndsMishaps | None = None,
    flow: FlowFacts | None = None,
) -> SocketFacts:
    """One socket as the rules look at it."""
    return SocketFacts(
        row=connection.row,
        owners=connection.owners,
        no_owner=connection.no_owner,
        info=_info(connection),
        peer=peer.row if peer is not None else None,
        peer_owners=peer.owners if peer is not None else (),
        turned_away=connection.turned_away,
        stack=stack,
        timeline=connection.timeline,
        half_close=connection.half_close,
        listener=listener,
        local_cause=connection.local_cause,
        queues=connection.queues,
        unread_ns=connection.unread_ns,
        earlier=earlier,
        icmp_error=icmp_error,
        now_ns=now_ns,
        mishaps=mishaps,
        flow=flow,
    )
