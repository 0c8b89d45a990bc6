"""Both ends of a connection side by side: their heads, and the lines below them. Pure."""

from collections.abc import Sequence
from itertools import zip_longest

from tcpwatch.diagnose.message import Message, Time, message
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.text.cells import cells
from tcpwatch.tui.detail.fields import CELL, End
from tcpwatch.tui.paint.format import owner_words
from tcpwatch.tui.paint.glyphs import STATE_LOOKS
from tcpwatch.tui.paint.line import Line, Run, padded
from tcpwatch.why.catalog import Translate

Runs = tuple[Run, ...]

DIVIDER: Run = (" │ ", "muted")


def half_of(width: int) -> int:
    """The cells of one end's half."""
    return (width - len(DIVIDER[0])) // 2


def roomy(width: int) -> bool:
    """Whether two fields fit side by side into half of `width`, and a bar."""
    return half_of(width) > 2 * CELL + 2


def heads_of(end: End, now_ns: int, width: int, translate: Translate = str) -> list[Runs]:
    """An end's state and owner, in two lines where they do not fit into one."""
    return [head(end, now_ns, translate)] if roomy(width) else _head_in_two(end, now_ns, translate)


def head(end: End, now_ns: int, translate: Translate = str) -> Runs:
    """`here  ◐ CLOSE-WAIT for 3m07s · java/4242 fd 58`."""
    state, since = _state(end, now_ns, translate)
    title, who = f"{translate(end.title)}  ", _who(end, translate)
    return ((title, "label"), state, (f" {since} · " if since else " · ", ""), (who, "strong"))


def _head_in_two(end: End, now_ns: int, translate: Translate) -> list[Runs]:
    state, since = _state(end, now_ns, translate)
    title, who = f"{translate(end.title)}  ", _who(end, translate)
    return [((title, "label"), state, (f" {since}", "")), ((" " * cells(title), ""), (who, "strong"))]


def _state(end: End, now_ns: int, translate: Translate) -> tuple[Run, str]:
    state = end.connection.row.state if end.connection else end.state
    if state is None:
        return (translate("state not known"), "muted"), ""
    look = STATE_LOOKS[state]
    since = _since(end.connection, now_ns) if end.connection else message("as the wire shows it")
    return (f"{look.glyph} {state}", look.style), since.words(translate)


def _since(connection: Connection, now_ns: int) -> Message:
    return message("for {time}", time=Time(now_ns - connection.since_ns, not connection.since_seen))


def _who(end: End, translate: Translate) -> str:
    if end.connection is None:
        return translate("no socket of it seen here")
    return owner_words(end.connection, translate)


def side_by_side(left: Sequence[Runs], right: Sequence[Runs], width: int) -> list[Line]:
    """This end's lines and the peer's, each in its half."""
    half = half_of(width)
    lines = []
    for one, other in zip_longest(left, right, fillvalue=()):
        lines.append(Line(((" ", ""), *padded(one, half - 1), DIVIDER, *padded(other, width - half - len(DIVIDER[0])))))
    return lines
