"""How many local ports are taken towards each destination. Reads no clock: the moment of each dump comes in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tcpwatch.diagnose.host import NEARLY_ALL_PERCENT, HeldPorts, PortUse
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.monitor.trends import CountTrends
from tcpwatch.sockets.counters import TW_REUSE, LocalPorts, Stack
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import IPV4_ENDS, Endpoint, is_loopback

LARGE = 10_000  # sockets: such a table is counted less often
INTERVAL_NS = 5_000_000_000


def held_ports(connections: Sequence[Connection], stack: Stack) -> HeldPorts | None:
    """Those of this namespace; None where the range is not known."""
    ports = stack.local_ports
    if ports is None:
        return None
    listening = {one for one in _listening(connections) if one in ports}
    bound = stack.host.bound_ports
    held = len({port for port in bound if port in ports} - listening) if bound is not None else None
    return HeldPorts(ports.usable, len(listening), held)


class LocalPortUse:
    """The destinations towards which many local ports are taken; `held` are those taken towards all of them."""

    def __init__(self) -> None:
        self.held: HeldPorts | None = None
        self._uses: tuple[PortUse, ...] = ()
        self._next_ns = 0
        self._trends: CountTrends[tuple[str, Endpoint]] = CountTrends()

    def update(self, connections: Sequence[Connection], stack: Stack, now_ns: int) -> tuple[PortUse, ...]:
        """As of a dump made at `now_ns`, the fullest first; of a large table up to INTERVAL_NS old."""
        if len(connections) < LARGE or now_ns >= self._next_ns:
            self._next_ns = now_ns + INTERVAL_NS
            uses = sorted(port_uses(connections, stack), key=lambda use: use.taken, reverse=True)
            self.held = held_ports(connections, stack) if _may_be_few(connections, stack) else None
            trends = self._trends.update({(use.source, use.remote): use.taken for use in uses}, now_ns)
            self._uses = tuple(replace(use, trend=trends[use.source, use.remote]) for use in uses)
        return self._uses


def port_uses(connections: Sequence[Connection], stack: Stack) -> Iterator[PortUse]:
    """The destinations of many connections of this host in this namespace; none where the range is not known.

    A port that is held towards all destinations counts as taken; where nearly all are, it is not one destination's.
    """
    ports = stack.local_ports
    bound = stack.host.bound_ports or frozenset()
    if ports is None or not _may_be_few(connections, stack):
        return
    listening = _listening(connections)
    held = {port for port in listening | bound if port in ports}
    enough = -(-ports.usable * NEARLY_ALL_PERCENT // 100) - len(held)
    counts = Counter([_without_local_port(one.row.ends) for one in connections])
    crowded = {way for way, count in counts.items() if 0 < enough <= count}
    if not crowded:
        return
    ways: dict[bytes, dict[int, Connection]] = {way: {} for way in crowded}
    for one in connections:
        way = _without_local_port(one.row.ends)
        if way in crowded and _is_opened_here(one, ports, listening):
            ways[way][one.row.local.port] = one
    for members in filter(None, ways.values()):
        yield _use(list(members.values()), len(members.keys() | held), ports, stack)


def _may_be_few(connections: Sequence[Connection], stack: Stack) -> bool:
    """Whether there are as many sockets as it takes to use up nearly all ports."""
    ports, bound = stack.local_ports, len(stack.host.bound_ports or ())
    if ports is None or not ports.usable:
        return False
    return (len(connections) + bound) * 100 >= ports.usable * NEARLY_ALL_PERCENT


def _listening(connections: Sequence[Connection]) -> set[int]:
    """The local ports of listeners here."""
    return {
        one.row.local.port
        for one in connections
        if one.row.state is State.LISTEN and one.row.is_here and one.mark is not Mark.GONE
    }


def _without_local_port(ends: bytes) -> bytes:
    return ends[:8] + ends[10:] if len(ends) == IPV4_ENDS else ends[:32] + ends[34:]


def _is_opened_here(one: Connection, ports: LocalPorts, listening: set[int]) -> bool:
    port = one.row.local.port
    return one.mark is not Mark.GONE and one.row.is_here and port in ports and port not in listening


def _use(members: list[Connection], taken: int, ports: LocalPorts, stack: Stack) -> PortUse:
    row, tw_reuse = members[0].row, stack.sysctls.get(TW_REUSE, 0)
    return PortUse(
        source=row.local.ip,
        remote=row.remote,
        taken=taken,
        in_time_wait=sum(one.row.state is State.TIME_WAIT for one in members),
        usable=ports.usable,
        reusable=tw_reuse == 1 or (tw_reuse == 2 and is_loopback(row.ends)),
        members=tuple(one.key for one in members),
    )
