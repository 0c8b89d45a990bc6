"""A line of the screen as data: runs of text, each with the name of a style. How a name looks is the theme's affair."""

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import set_cell_size

from tcpwatch.text.cells import cells
from tcpwatch.tui.paint.format import short_number
from tcpwatch.why.page import has_ideographs, wrap_translated

Run = tuple[str, str]

# fmt: off
STYLES = frozenset((
    "muted", "strong", "accent", "label", "key", "trouble", "caution", "open", "opening", "closing", "waiting", "reset",
    "new", "changed", "gone", "acked", "flight", "usable", "beyond",  # runs
    "title", "title-focused", "titles", "group", "related", "cursor", "cursor-blurred",  # whole rows
))
# fmt: on


ONLY_PORT = 10  # cells below which the rest of an address is of no use


class Line(NamedTuple):
    """Runs of (text, style name; "" is the pane's own style) and the name of the whole row's style."""

    runs: tuple[Run, ...] = ()
    row: str = ""

    @property
    def text(self) -> str:
        """The line without its styles."""
        return "".join(text for text, _ in self.runs)


def fit(text: str, width: int, align: str = "<") -> str:
    """`text` in exactly `width` cells: padded, or cut with `…`."""
    length = cells(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    return text + " " * (width - length) if align == "<" else " " * (width - length) + text


def cut_end(end: str, width: int) -> str:
    """An address with its port, cut to `width` cells: the port is what is kept, alone in a narrow column."""
    if width <= ONLY_PORT:
        return fit(end[end.rfind(":") :], width)
    return "…" + end[len(end) - width + 1 :]


def cut_host(host: str, width: int) -> str:
    """An address, cut to `width` cells: the end of it tells hosts of one network apart."""
    return "…" + host[len(host) - width + 1 :]


def cut_number(digits: str, width: int) -> str:
    """A whole number, cut to `width` cells: in thousands, millions or milliards."""
    return fit(short_number(int(digits), width), width, ">")


def cut_owner(owner: str, width: int) -> str:
    """`command/pid fd 3`, cut to `width` cells: first the descriptor goes, then the end of the command."""
    command, slash, pid = owner.partition(" fd ")[0].rpartition("/")
    room = max(0, width - cells(slash + pid))
    if cells(command) > room > 1:
        command = fit(command, room)
    return fit(command + slash + pid, width)


def width_of(runs: Iterable[Run]) -> int:
    """How many cells the runs take together."""
    return sum(cells(text) for text, _ in runs)


def padded(runs: Iterable[Run], width: int) -> tuple[Run, ...]:
    """The runs in exactly `width` cells."""
    kept: list[Run] = []
    room = width
    for text, style in runs:
        if cells(text) > room:
            kept.append((fit(text, room), style))
            return tuple(kept)
        kept.append((text, style))
        room -= cells(text)
    return (*kept, (" " * room, "")) if room else tuple(kept)


def merged(runs: Iterable[Run]) -> list[Run]:
    """The same cells in as few runs as look the same: each costs bytes to the terminal, and blanks have no colour."""
    kept: list[Run] = []
    for text, style in runs:
        before, before_style = kept[-1] if kept else ("", style)
        if before_style == style or text.isspace():
            kept[-1:] = [(before + text, before_style)]
        elif before.isspace():
            kept[-1:] = [(before + text, style)]
        elif text:
            kept.append((text, style))
    return kept


def ends_apart(left: Iterable[Run], right: Iterable[Run], width: int) -> Line:
    """A line with one part at each end of it; the left one is cut where there is not room for both."""
    right = tuple(right)
    return Line((*padded(left, max(0, width - width_of(right))), *right))


def title_line(words: str, focused: bool) -> Line:
    """A pane's name above it; the bar and the colour tell which pane has the keys."""
    return Line(((f"▌{words}" if focused else f" {words}", "strong"),), "title-focused" if focused else "title")


def wrap_words(text: str, width: int) -> list[str]:
    """The words of `text` in lines of at most `width` cells; a longer word is cut over several.

    A text with ideographs is broken between them.
    """
    width = max(width, 1 if text.isascii() else 2)  # a wide character takes two
    if has_ideographs(text):
        return wrap_translated(text, width)
    lines, line = [], ""
    for word in text.split():
        while cells(word) > width:
            head = set_cell_size(word, width).rstrip()
            lines += [line] if line else []
            lines.append(head)
            line, word = "", word[len(head) :]
        joined = f"{line} {word}" if line else word
        if cells(joined) > width:
            lines.append(line)
            joined = word
        line = joined
    return [*lines, line] if line else lines
