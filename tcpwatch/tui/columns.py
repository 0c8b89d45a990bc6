"""Columns as data: which of them a pane of a given width shows, and how wide.

Nothing here knows what is shown; the tables of columns stand beside the panes' own lines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tcpwatch.tui.line import Run, cells, fit

Item = TypeVar("Item")
GAP = 1


@dataclass(frozen=True, eq=False)
class Column(Generic[Item]):
    """One column: its title, the text and style of its cell, `least` and `most` cells, and its rank.

    Where the pane is too narrow for all, the column with the highest rank goes first. `cut` shortens a text that does
    not fit into the column.
    """

    title: str
    cell: Callable[[Item], Run]
    least: int
    most: int
    rank: int
    align: str = "<"
    cut: Callable[[str, int], str] = fit


Laid = Sequence[tuple[Column[Item], int]]


def lay_out(columns: Sequence[Column[Item]], width: int) -> list[tuple[Column[Item], int]]:
    """The columns that fit into `width` cells, in their order, each with its width.

    What is left over goes to those of high rank: the others have what they need.
    """
    shown: list[Column[Item]] = []
    room = width + GAP
    for column in sorted(columns, key=lambda column: column.rank):
        if column.least + GAP > room:
            break
        shown.append(column)
        room -= column.least + GAP
    widths = {column: column.least for column in shown}
    for column in reversed(shown):
        extra = min(room, column.most - column.least)
        widths[column] += extra
        room -= extra
    return [(column, widths[column]) for column in columns if column in widths]


def titles(laid: Laid[Item]) -> str:
    """The titles of the columns, each where its cells stand."""
    return " ".join(fit(column.title, width, column.align) for column, width in laid)


def cells_of(laid: Laid[Item], item: Item) -> tuple[Run, ...]:
    """One item's cells; neighbours of one style are one run, since every run costs bytes to the terminal."""
    runs: list[Run] = []
    for column, width in laid:
        text, style = column.cell(item)
        text = column.cut(text, width) if cells(text) > width else fit(text, width, column.align)
        if runs and runs[-1][1] == style:
            runs[-1] = (f"{runs[-1][0]} {text}", style)
        else:
            gap = " " if runs else ""
            runs.append((gap + text, style))
    return tuple(runs)
