"""What a socket's buffers hold, and how its program has set it up, in a sentence each. Pure."""

from collections.abc import Iterator

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.extras import RCV_SHUTDOWN, SEND_SHUTDOWN, Extensions, Memory
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.sentence import Sentence
from tcpwatch.tui.paint.format import grouped, several

SHUTDOWN = {
    RCV_SHUTDOWN: "receiving is shut down",
    SEND_SHUTDOWN: "sending is shut down",
    RCV_SHUTDOWN | SEND_SHUTDOWN: "both directions are shut down",
}
TOP = "/"  # the control group of whatever is in no other


def set_up(detail: Detail) -> Iterator[Sentence]:
    """Its memory, but of a listener, which has no data; then what is out of the ordinary about it."""
    if detail.connection is None:
        return
    row = detail.connection.row
    told = row.extensions
    if told.memory is not None and row.state is not State.LISTEN:
        yield _memory(told.memory)
    if words := " · ".join(_settings(told, detail.cgroup)):
        yield Sentence("socket", words)


def _memory(memory: Memory) -> Sentence:
    received, sent = (memory.rmem_alloc, memory.rcvbuf), (memory.wmem_queued, memory.sndbuf)
    parts = [f"receive buffer {_of(*received)} bytes", f"send buffer {_of(*sent)}"]
    if memory.drops:
        parts.append(f"{several(memory.drops, 'segment')} dropped")
    return Sentence("memory", " · ".join(parts), "caution" if _full(*received) or _full(*sent) else "")


def _of(taken: int | None, limit: int | None) -> str:
    return " of ".join("–" if number is None else grouped(number) for number in (taken, limit))


def _full(taken: int | None, limit: int | None) -> bool:
    return taken is not None and limit is not None and taken >= limit


def _settings(told: Extensions, cgroup: str | None) -> Iterator[str]:
    if told.congestion is not None:
        yield f"congestion control {told.congestion}"
    if told.shutdown in SHUTDOWN:
        yield SHUTDOWN[told.shutdown]
    if told.ulp is not None:
        yield f"upper layer {told.ulp}"
    if told.v6only:
        yield "IPv6 only"
    if told.mark:
        yield f"mark {told.mark:#x}"
    if cgroup is not None and cgroup != TOP:
        yield f"cgroup {cgroup}"
