"""How full a socket's buffers are, and how its program has set it up, in a sentence each. Pure."""

from collections.abc import Iterator

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.extras import RCV_SHUTDOWN, SEND_SHUTDOWN, Extensions, Memory
from tcpwatch.sockets.fields import SocketOptions
from tcpwatch.sockets.options import options_of
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.sentence import Sentence
from tcpwatch.tui.paint.format import brief_span, grouped, several

SHUTDOWN_WORDS = {
    RCV_SHUTDOWN: "receiving is shut down",
    SEND_SHUTDOWN: "sending is shut down",
    RCV_SHUTDOWN | SEND_SHUTDOWN: "both directions are shut down",
}
TOP = "/"  # the root control group
SWITCHES = (
    ("nodelay", "TCP_NODELAY"),
    ("cork", "TCP_CORK"),
    ("defer_accept", "TCP_DEFER_ACCEPT"),
    ("reuseport", "SO_REUSEPORT"),
)


def set_up(detail: Detail) -> Iterator[Sentence]:
    """Its memory, except of a listener, which has no data; then its settings where they are not the usual ones."""
    if detail.connection is None:
        return
    row = detail.connection.row
    extensions = row.extensions
    if extensions.memory is not None and row.state is not State.LISTEN:
        yield _memory(extensions.memory)
    if words := " · ".join((*_settings(extensions, detail.cgroup), *_options(options_of(row)))):
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


def _options(options: SocketOptions | None) -> Iterator[str]:
    """What setsockopt(2) changed; nothing of what is as usual, or not known."""
    if options is None:
        return
    yield from (word for name, word in SWITCHES if getattr(options, name))
    if options.keepalive:
        yield _named("SO_KEEPALIVE", _keepalive(options))
    if options.user_timeout_ms:
        yield f"TCP_USER_TIMEOUT {_span(options.user_timeout_ms)}"
    if options.linger:
        yield f"SO_LINGER {_span(options.linger_ms)}" if options.linger_ms else "SO_LINGER 0, so close() sends RST"
    if options.linger2_ms:
        yield "TCP_LINGER2 -1" if options.linger2_ms < 0 else f"TCP_LINGER2 {_span(options.linger2_ms)}"
    if options.notsent_lowat:
        yield f"TCP_NOTSENT_LOWAT {grouped(options.notsent_lowat)} bytes"
    if options.rcvlowat is not None and options.rcvlowat > 1:
        yield f"SO_RCVLOWAT {grouped(options.rcvlowat)} bytes"


def _keepalive(options: SocketOptions) -> Iterator[str]:
    """The numbers that the program has set; for the others the host's hold."""
    if options.keepalive_idle_ms:
        yield f"after {_span(options.keepalive_idle_ms)}"
    if options.keepalive_intvl_ms:
        yield f"every {_span(options.keepalive_intvl_ms)}"
    if options.keepalive_probes:
        yield several(options.keepalive_probes, "probe")


def _named(name: str, words: Iterator[str]) -> str:
    return f"{name} ({listed})" if (listed := ", ".join(words)) else name


def _span(ms: int | None) -> str:
    return brief_span((ms or 0) * 1_000_000)
