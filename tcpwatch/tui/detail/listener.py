"""A listener's queues as gauges, and how many clients it has turned away. Pure."""

from collections.abc import Iterator

from tcpwatch.diagnose.deferral import defers
from tcpwatch.diagnose.message import Message, message
from tcpwatch.diagnose.rules.listener import accept_queue_is_full, half_open_queue_is_full
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.counters import REFUSALS, Stack, half_open_limit
from tcpwatch.sockets.row import Backlog
from tcpwatch.tui.detail.sentence import Sentence, Several
from tcpwatch.tui.paint.format import grouped

GAUGE = 20  # cells


def listening(connection: Connection, stack: Stack) -> Iterator[Sentence]:
    """Its accept queue, its handshakes under way, what it dropped, and the counters of the whole namespace."""
    backlog = connection.row.backlog
    if backlog is None:
        yield Sentence("accept", message("connections that wait for accept(): –"))
        return
    yield _accept_queue(backlog)
    if backlog.half_open is not None:
        yield _half_open(backlog, backlog.half_open, stack)
    if backlog.drops is not None:
        yield _dropped(backlog.drops, connection.turned_away, bool(defers(connection.row)))
    if stack.counters:
        yield Sentence("nstat", _counters(stack), "muted")


def half_open_words(backlog: Backlog) -> str:
    """The handshakes under way, for the table: `syn 3/128`."""
    return "–" if backlog.half_open is None else f"syn {backlog.half_open}/{backlog.limit}"


def gauge(count: int, limit: int) -> str:
    """A bar that is filled up to `count` of `limit`; not empty where there is one, not full before it is."""
    filled = min(GAUGE, GAUGE * count // max(limit, 1))
    filled = max(filled, 1) if count else 0
    return f"▕{'█' * filled}{'·' * (GAUGE - filled)}▏"


def _accept_queue(backlog: Backlog) -> Sentence:
    full = accept_queue_is_full(backlog)
    words = (
        message("{gauge} {count} of {limit} waiting for accept(): full, new ones are turned away")
        if full
        else message("{gauge} {count} of {limit} waiting for accept()")
    )
    return Sentence("accept", _filled(words, backlog.queued, backlog.limit), "trouble" if full else "")


def _half_open(backlog: Backlog, half_open: int, stack: Stack) -> Sentence:
    full, limit = half_open_queue_is_full(backlog, stack), half_open_limit(backlog, stack)
    words = (
        message("{gauge} {count} of {limit} half open, in SYN-RECEIVED: full")
        if full
        else message("{gauge} {count} of {limit} half open, in SYN-RECEIVED")
    )
    return Sentence("opening", _filled(words, half_open, limit), "trouble" if full else "")


def _filled(words: Message, count: int, limit: int) -> Message:
    return words.holding(gauge=gauge(count, limit), count=grouped(count), limit=grouped(limit))


def _dropped(drops: int, turned_away: int, deferring: bool) -> Sentence:
    """The segments that were dropped; the kernel counts SYNs that came twice as well, and ACKs that it put aside."""
    words = (
        message(
            "{segments} since it listens, repeated SYNs and the bare ACKs that TCP_DEFER_ACCEPT puts aside included"
            "{recent}"
        )
        if deferring
        else message("{segments} since it listens, repeated SYNs included{recent}")
    )
    recent = (
        message(", {count} of them in the last minute for want of room", count=grouped(turned_away))
        if turned_away
        else ""
    )
    filled = words.holding(segments=Several(drops, "segment"), recent=recent)
    return Sentence("dropped", filled, "trouble" if turned_away else "")


def _counters(stack: Stack) -> Message:
    refusals = {name: rise for name, rise in stack.counters.items() if name in REFUSALS}
    risen = (f"{name} {grouped(rise.last_minute)} ({grouped(rise.in_all)})" for name, rise in refusals.items())
    return message("this namespace in the last minute (since tcpwatch began): {counters}", counters=" · ".join(risen))
