"""How many local ports are taken towards each destination. Reads no clock: the moment of each dump comes in."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tcpwatch.diagnose.host import NEARLY_ALL_PERCENT, PortUse
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.counters import TW_REUSE, LocalPorts, Stack
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import IPV4_ENDS, is_loopback

LARGE = 10_000  # sockets: such a table is counted less often
INTERVAL_NS = 5_000_000_000


class LocalPortUse:
    """The destinations towards which many local ports are taken."""

    def __init__(self) -> None:
        self._uses: tuple[PortUse, ...] = ()
        self._next_ns = 0

    def update(self, connections: Sequence[Connection], stack: Stack, now_ns: int) -> tuple[PortUse, ...]:
        """As of a dump made at `now_ns`, the fullest first; of a large table up to INTERVAL_NS old."""
        if len(connections) < LARGE or now_ns >= self._next_ns:
            self._next_ns = now_ns + INTERVAL_NS
            self._uses = tuple(sorted(port_uses(connections, stack), key=lambda use: use.taken, reverse=True))
        return self._uses


def port_uses(connections: Sequence[Connection], stack: Stack) -> Iterator[PortUse]:
    """The destinations of many connections of this host in this namespace; none where the range is not known."""
    ports = stack.local_ports
    if ports is None or not ports.usable or len(connections) * 100 < ports.usable * NEARLY_ALL_PERCENT:
        return
    counts = Counter([_without_local_port(one.row.ends) for one in connections])
    crowded = {way for way, count in counts.items() if count * 100 >= ports.usable * NEARLY_ALL_PERCENT}
    if not crowded:
        return
    listening = {one.row.local.port for one in connections if one.row.state is State.LISTEN and one.row.is_here}
    ways: dict[bytes, dict[int, Connection]] = {way: {} for way in crowded}
    for one in connections:
        way = _without_local_port(one.row.ends)
        if way in crowded and _is_opened_here(one, ports, listening):
            ways[way][one.row.local.port] = one
    for members in filter(None, ways.values()):
        yield _use(list(members.values()), ports, stack)


def _without_local_port(ends: bytes) -> bytes:
    return ends[:8] + ends[10:] if len(ends) == IPV4_ENDS else ends[:32] + ends[34:]


def _is_opened_here(one: Connection, ports: LocalPorts, listening: set[int]) -> bool:
    port = one.row.local.port
    return one.mark is not Mark.GONE and one.row.is_here and port in ports and port not in listening


def _use(members: list[Connection], ports: LocalPorts, stack: Stack) -> PortUse:
    row, tw_reuse = members[0].row, stack.sysctls.get(TW_REUSE, 0)
    return PortUse(
        source=row.local.ip,
        remote=row.remote,
        taken=len(members),
        in_time_wait=sum(one.row.state is State.TIME_WAIT for one in members),
        usable=ports.usable,
        reusable=tw_reuse == 1 or (tw_reuse == 2 and is_loopback(row.ends)),
        members=tuple(one.key for one in members),
    )
