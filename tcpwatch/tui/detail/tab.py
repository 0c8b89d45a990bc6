"""One row of the table of tabs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.tui.detail.context import TabContext
from tcpwatch.tui.paint.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One way to look at a connection.

    `tooltip` names what it shows in a few words, `help` in a sentence. `topics` gives the words on it that `why`
    explains. `legends` stand in the title line, the first that fits; `{}` in one becomes `relative` or `absolute`.
    `key` opens the tab directly while the detail pane has the focus; None: only the key for the next tab reaches it.
    """

    title: str
    tooltip: str
    help: str
    lines: Callable[[TabContext], list[Line]]
    topics: Callable[[Detail], Iterable[str]]
    legends: tuple[str, ...] = ()
    key: str | None = None
