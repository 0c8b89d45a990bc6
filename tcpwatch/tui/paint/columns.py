"""Columns as data: which of them a pane of a given width shows, and how wide.

Nothing here knows what is shown; the tables of columns stand beside the panes' own lines.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Generic, TypeVar

from tcpwatch.text.cells import cells
from tcpwatch.tui.paint.line import Run, fit

Item = TypeVar("Item")
GAP = 1


@dataclass(frozen=True, eq=False)
class PaneColumn(Generic[Item]):
    """One column: its title, the text and style of its cell, its rank, and cells: the `least`, the `usual`, the `most`.

    Where the pane is too narrow for all, the column with the highest rank goes first. `cut` shortens a text that does
    not fit into the column.
    """

    title: str
    cell: Callable[[Item], Run]
    least: int
    usual: int
    most: int
    rank: int
    align: str = "<"
    cut: Callable[[str, int], str] = fit


Laid = Sequence[tuple[PaneColumn[Item], int]]


@lru_cache(maxsize=16)
def lay_out(columns: tuple[PaneColumn[Item], ...], width: int) -> Laid[Item]:
    """The columns that fit into `width` cells, in their order, each with its width.

    What is left over when each has its least makes them usual, the lowest rank first; the rest is the last column's.
    """
    shown: list[PaneColumn[Item]] = []
    room = width + GAP
    for column in sorted(columns, key=lambda column: column.rank):
        if column.least + GAP > room:
            break
        shown.append(column)
        room -= column.least + GAP
    widths = {}
    for column in shown:
        extra = min(room, column.usual - column.least)
        widths[column] = column.least + extra
        room -= extra
    last = next((column for column in reversed(columns) if column in widths), None)
    if last:
        widths[last] += min(room, last.most - widths[last])
    return [(column, widths[column]) for column in columns if column in widths]


def grown(columns: tuple[PaneColumn[Item], ...], items: Iterable[Item]) -> tuple[PaneColumn[Item], ...]:
    """The columns, with what the cells of these items take as the usual where it is more, up to the most.

    A column never shrinks again, so that it does not twitch as rows come and go.
    """
    wanted = {column: column.usual for column in columns}
    for item in items:
        for column in columns:
            wanted[column] = max(wanted[column], min(column.most, cells(column.cell(item)[0])))
    return tuple(
        column if wanted[column] == column.usual else replace(column, usual=wanted[column]) for column in columns
    )


def titles(laid: Laid[Item]) -> str:
    """The titles of the columns, each where its cells stand."""
    return " ".join(fit(column.title, width, column.align) for column, width in laid)


def cells_of(laid: Laid[Item], item: Item) -> tuple[Run, ...]:
    """One item's cells, each with the gap before it."""
    runs: list[Run] = []
    for column, width in laid:
        text, style = column.cell(item)
        text = column.cut(text, width) if cells(text) > width else fit(text, width, column.align)
        runs.append((" " * GAP * bool(runs) + text, style))
    return tuple(runs)
