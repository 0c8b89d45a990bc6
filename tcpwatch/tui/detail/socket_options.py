"""How full a socket's buffers are, and how its program has set it up, in a sentence each. Pure."""

from collections.abc import Iterator

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.extras import RCV_SHUTDOWN, SEND_SHUTDOWN, Extensions, Memory
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.sentence import Sentence
from tcpwatch.tui.paint.format import grouped, several

SHUTDOWN_WORDS = {
    RCV_SHUTDOWN: "receiving is shut down",
    SEND_SHUTDOWN: "sending is shut down",
    RCV_SHUTDOWN | SEND_SHUTDOWN: "both directions are shut down",
}
TOP = "/"  # the root control group


def set_up(detail: Detail) -> Iterator[Sentence]:
    """Its memory, except of a listener, which has no data; then its settings where they are not the usual ones."""
    if detail.connection is None:
        return
    row = detail.connection.row
    extensions = row.extensions
    if extensions.memory is not None and row.state is not State.LISTEN:
        yield _memory(extensions.memory)
    if words := " · ".join(_settings(extensions, detail.cgroup)):
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


def _settings(extensions: Extensions, cgroup: str | None) -> Iterator[str]:
    if extensions.congestion is not None:
        yield f"congestion control {extensions.congestion}"
    if extensions.shutdown in SHUTDOWN_WORDS:
        yield SHUTDOWN_WORDS[extensions.shutdown]
    if extensions.ulp is not None:
        yield f"upper layer {extensions.ulp}"
    if extensions.v6only:
        yield "IPv6 only"
    if extensions.mark:
        yield f"mark {extensions.mark:#x}"
    if cgroup is not None and cgroup != TOP:
        yield f"cgroup {cgroup}"
