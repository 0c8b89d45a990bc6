"""Which columns a pane shows."""

from tcpwatch.tui.columns import Column, cells_of, lay_out, titles
from tcpwatch.tui.line import cut_end

NAME = Column[tuple[str, str]]("NAME", lambda item: (item[0], ""), least=4, most=10, rank=0)
NOTE = Column[tuple[str, str]]("NOTE", lambda item: (item[1], "muted"), least=4, most=6, rank=1, align=">")
END = Column[tuple[str, str]]("END", lambda item: (item[0], "muted"), least=3, most=3, rank=2, cut=cut_end)
ALL = (NAME, NOTE, END)


def test_lay_out_drops_the_highest_rank_first() -> None:
    assert [column for column, _ in lay_out(ALL, 13)] == [NAME, NOTE, END]
    assert [column for column, _ in lay_out(ALL, 12)] == [NAME, NOTE]
    assert [column for column, _ in lay_out(ALL, 3)] == []


def test_lay_out_spreads_what_is_left() -> None:
    assert [width for _, width in lay_out(ALL, 16)] == [5, 6, 3]
    assert [width for _, width in lay_out(ALL, 90)] == [10, 6, 3]


def test_titles_stand_over_their_cells() -> None:
    laid = lay_out(ALL, 13)
    assert titles(laid) == "NAME NOTE END"
    assert "".join(text for text, _ in cells_of(laid, ("abcdef:42", "x"))) == "abc…    x :42"


def test_cells_of_one_style_are_one_run() -> None:
    assert cells_of(lay_out(ALL, 13), ("ab", "x")) == (("ab  ", ""), ("    x ab ", "muted"))
