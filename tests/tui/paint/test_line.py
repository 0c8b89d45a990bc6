"""Runs of text in cells of the terminal."""

import pytest

from tcpwatch.tui.paint.line import (
    Line,
    cells,
    cut_end,
    cut_owner,
    ends_apart,
    fit,
    merged,
    padded,
    title_line,
    width_of,
    wrap_words,
)


def test_fit_pads_and_cuts() -> None:
    assert fit("ab", 4) == "ab  "
    assert fit("ab", 4, ">") == "  ab"
    assert fit("abcdef", 4) == "abc…"
    assert fit("abc", 0) == ""


def test_fit_wide_characters_in_cells() -> None:
    assert cells("클라") == 4
    assert fit("클라이언트", 6) == "클라 …"
    assert cells(fit("클라이언트", 6)) == 6


def test_cut_end_keeps_the_port() -> None:
    assert cut_end("[2001:db8::9]:50118", 10) == ":50118    "
    assert cut_end("[2001:db8::9]:50118", 14) == "…db8::9]:50118"


def test_cut_owner_keeps_the_pid() -> None:
    assert cut_owner("java/4242 fd 57", 14) == "java/4242     "
    assert cut_owner("tcpwatch-server/7093 fd 4", 15) == "tcpwatch-…/7093"
    assert cut_owner("클라이언트/6001 fd 3", 13) == "클라이 …/6001"
    assert cut_owner("java/4242 fd 57", 4) == "jav…"
    assert cut_owner("not accepted yet", 10) == "not accep…"


def test_merged_runs_are_as_few_as_look_the_same() -> None:
    assert merged([("a", "x"), ("b", "x"), ("c", "y")]) == [("ab", "x"), ("c", "y")]
    assert merged([("  ", ""), ("a", "x"), ("  ", "y"), ("", "z")]) == [("  a  ", "x")]
    assert merged([]) == []


def test_padded_fills_and_cuts() -> None:
    assert padded([("ab", "x")], 4) == (("ab", "x"), ("  ", ""))
    assert padded([("ab", "x"), ("cdef", "y")], 4) == (("ab", "x"), ("c…", "y"))


def test_ends_apart_cuts_the_left_one() -> None:
    assert ends_apart([("left", "")], [("right", "")], 12).text == "left   right"
    assert ends_apart([("left", "")], [("right", "")], 8).text == "le…right"


def test_wrap_at_words_and_inside_long_ones() -> None:
    assert wrap_words("one two three", 8) == ["one two", "three"]
    assert wrap_words("a bbbbbbbb", 4) == ["a", "bbbb", "bbbb"]
    assert wrap_words("", 4) == []


def test_width_of_runs() -> None:
    assert width_of([("ab", ""), ("클", "")]) == 4


def test_title_line_tells_focus_without_colour() -> None:
    assert title_line("Packets", True) == Line((("▌Packets", "strong"),), "title-focused")
    assert title_line("Packets", False).text == " Packets"


@pytest.mark.parametrize("width", [-3, 0, 1, 2, 5])
def test_wide_words_are_cut_in_any_width(width: int) -> None:
    assert "".join(wrap_words("한국어 낱말", width)) == "한국어낱말"
    assert "".join(wrap_words("没有空格的句子", width)) == "没有空格的句子"
