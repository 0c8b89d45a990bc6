"""How full a socket's buffers are, and how its program has set it up, in a sentence each. Pure."""

from collections.abc import Iterator

from tcpwatch.diagnose.message import Listing, Message, Value, message
from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.extras import RCV_SHUTDOWN, SEND_SHUTDOWN, Extensions, Memory
from tcpwatch.sockets.fields import SocketOptions
from tcpwatch.sockets.options import options_of
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.sentence import Sentence, Several, parts
from tcpwatch.tui.paint.format import brief_span, grouped

SHUTDOWN_WORDS = {
    RCV_SHUTDOWN: message("receiving is shut down"),
    SEND_SHUTDOWN: message("sending is shut down"),
    RCV_SHUTDOWN | SEND_SHUTDOWN: message("both directions are shut down"),
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
    if told := (*_settings(extensions, detail.cgroup), *_options(options_of(row))):
        yield Sentence("socket", parts(*told))


def _memory(memory: Memory) -> Sentence:
    received, sent = (memory.rmem_alloc, memory.rcvbuf), (memory.wmem_queued, memory.sndbuf)
    told = (
        message("receive buffer {taken} of {limit} bytes", **_of(*received)),
        message("send buffer {taken} of {limit}", **_of(*sent)),
        message("{segments} dropped", segments=Several(memory.drops, "segment")) if memory.drops else "",
    )
    return Sentence("memory", parts(*told), "caution" if _full(*received) or _full(*sent) else "")


def _of(taken: int | None, limit: int | None) -> dict[str, str]:
    numbers = {"taken": taken, "limit": limit}
    return {name: "–" if number is None else grouped(number) for name, number in numbers.items()}


def _full(taken: int | None, limit: int | None) -> bool:
    return taken is not None and limit is not None and taken >= limit


def _settings(extensions: Extensions, cgroup: str | None) -> Iterator[Message | str]:
    if extensions.congestion is not None:
        yield message("congestion control {name}", name=extensions.congestion)
    if extensions.shutdown in SHUTDOWN_WORDS:
        yield SHUTDOWN_WORDS[extensions.shutdown]
    if extensions.ulp is not None:
        yield message("upper layer {name}", name=extensions.ulp)
    if extensions.v6only:
        yield message("IPv6 only")
    if extensions.mark:
        yield message("mark {mark}", mark=f"{extensions.mark:#x}")
    if cgroup is not None and cgroup != TOP:
        yield f"cgroup {cgroup}"


def _options(options: SocketOptions | None) -> Iterator[Value | str]:
    """What setsockopt(2) changed; nothing of what is as usual, or not known."""
    if options is None:
        return
    yield from (word for name, word in SWITCHES if getattr(options, name))
    if options.keepalive:
        yield _named("SO_KEEPALIVE", tuple(_keepalive(options)))
    if options.user_timeout_ms:
        yield f"TCP_USER_TIMEOUT {_span(options.user_timeout_ms)}"
    if options.linger:
        yield (
            f"SO_LINGER {_span(options.linger_ms)}"
            if options.linger_ms
            else message("SO_LINGER 0, so close() sends RST")
        )
    if options.linger2_ms:
        yield "TCP_LINGER2 -1" if options.linger2_ms < 0 else f"TCP_LINGER2 {_span(options.linger2_ms)}"
    if options.notsent_lowat:
        yield message("{option} {count} bytes", option="TCP_NOTSENT_LOWAT", count=grouped(options.notsent_lowat))
    if options.rcvlowat is not None and options.rcvlowat > 1:
        yield message("{option} {count} bytes", option="SO_RCVLOWAT", count=grouped(options.rcvlowat))


def _keepalive(options: SocketOptions) -> Iterator[Value]:
    """The numbers that the program has set; for the others the host's hold."""
    if options.keepalive_idle_ms:
        yield message("after {time}", time=_span(options.keepalive_idle_ms))
    if options.keepalive_intvl_ms:
        yield message("every {time}", time=_span(options.keepalive_intvl_ms))
    if options.keepalive_probes:
        yield Several(options.keepalive_probes, "probe")


def _named(name: str, words: tuple[Value, ...]) -> Value | str:
    return message("{option} ({settings})", option=name, settings=Listing(words)) if words else name


def _span(ms: int | None) -> str:
    return brief_span((ms or 0) * 1_000_000)
