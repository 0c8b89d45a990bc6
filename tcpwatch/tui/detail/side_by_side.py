"""Both ends of a connection side by side: their heads, and the lines below them. Pure."""

from collections.abc import Sequence
from itertools import zip_longest

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.text.duration import duration
from tcpwatch.tui.detail.fields import CELL, End
from tcpwatch.tui.paint.format import owner_words
from tcpwatch.tui.paint.glyphs import STATE_LOOKS
from tcpwatch.tui.paint.line import Line, Run, padded

Runs = tuple[Run, ...]

DIVIDER: Run = (" │ ", "muted")


def half_of(width: int) -> int:
    """The cells of one end's half."""
    return (width - len(DIVIDER[0])) // 2


def roomy(width: int) -> bool:
    """Whether two fields fit side by side into half of `width`, and a bar."""
    return half_of(width) > 2 * CELL + 2


def heads_of(end: End, now_ns: int, width: int) -> list[Runs]:
    """An end's state and owner, in two lines where they do not fit into one."""
    return [head(end, now_ns)] if roomy(width) else _head_in_two(end, now_ns)


def head(end: End, now_ns: int) -> Runs:
    """`here  ◐ CLOSE-WAIT for 3m07s · java/4242 fd 58`."""
    state, words = _state(end, now_ns)
    return ((f"{end.title}  ", "label"), state, (f" {words} · " if words else " · ", ""), (_who(end), "strong"))


def _head_in_two(end: End, now_ns: int) -> list[Runs]:
    state, words = _state(end, now_ns)
    return [((f"{end.title}  ", "label"), state, (f" {words}", "")), (("      ", ""), (_who(end), "strong"))]


def _state(end: End, now_ns: int) -> tuple[Run, str]:
    state = end.connection.row.state if end.connection else end.state
    if state is None:
        return ("state not known", "muted"), ""
    look = STATE_LOOKS[state]
    since = _since(end.connection, now_ns) if end.connection else "as the wire shows it"
    return (f"{look.glyph} {state}", look.style), since


def _since(connection: Connection, now_ns: int) -> str:
    return f"for {'' if connection.since_seen else '≥'}{duration(now_ns - connection.since_ns)}"


def _who(end: End) -> str:
    return owner_words(end.connection) if end.connection else "no socket of it seen here"


def side_by_side(left: Sequence[Runs], right: Sequence[Runs], width: int) -> list[Line]:
    """This end's lines and the peer's, each in its half."""
    half = half_of(width)
    lines = []
    for one, other in zip_longest(left, right, fillvalue=()):
        lines.append(Line(((" ", ""), *padded(one, half - 1), DIVIDER, *padded(other, width - half - len(DIVIDER[0])))))
    return lines
