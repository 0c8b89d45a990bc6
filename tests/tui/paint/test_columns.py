"""Which columns a pane shows."""

from tcpwatch.tui.paint.columns import PaneColumn, cells_of, grown, lay_out, titles
from tcpwatch.tui.paint.line import cut_end

NAME = PaneColumn[tuple[str, str]]("NAME", lambda item: (item[0], ""), least=4, usual=6, most=10, rank=0)
NOTE = PaneColumn[tuple[str, str]]("NOTE", lambda item: (item[1], "muted"), least=4, usual=6, most=6, rank=1, align=">")
END = PaneColumn[tuple[str, str]]("END", lambda item: (item[0], "muted"), least=3, usual=3, most=5, rank=2, cut=cut_end)
ALL = (NAME, NOTE, END)


def test_lay_out_drops_the_highest_rank_first() -> None:
    assert [column for column, _ in lay_out(ALL, 13)] == [NAME, NOTE, END]
    assert [column for column, _ in lay_out(ALL, 12)] == [NAME, NOTE]
    assert [column for column, _ in lay_out(ALL, 3)] == []


def test_lay_out_gives_what_is_left_to_the_lowest_rank_first_then_to_the_last_column() -> None:
    assert [width for _, width in lay_out(ALL, 16)] == [6, 5, 3]
    assert [width for _, width in lay_out(ALL, 90)] == [6, 6, 5]


def test_column_grows_with_its_cells_up_to_its_most_and_never_shrinks() -> None:
    wider = grown(ALL, [("12345678", "")])
    assert [width for _, width in lay_out(wider, 90)] == [8, 6, 5]
    assert [width for _, width in lay_out(grown(wider, [("1", "")]), 90)] == [8, 6, 5]
    assert [width for _, width in lay_out(grown(wider, [("1" * 20, "")]), 90)] == [10, 6, 5]


def test_titles_stand_over_their_cells() -> None:
    laid = lay_out(ALL, 13)
    assert titles(laid) == "NAME NOTE END"
    assert "".join(text for text, _ in cells_of(laid, ("abcdef:42", "x"))) == "abc…    x :42"


def test_cells_keep_their_styles() -> None:
    assert cells_of(lay_out(ALL, 13), ("ab", "x")) == (("ab  ", ""), ("    x", "muted"), (" ab ", "muted"))
