"""Cells are counted as Rich counts them, which is what Textual lays out by."""

import sys
import unicodedata

import pytest
from rich.cells import cell_len

from tcpwatch.text.cells import cells
from tcpwatch.text.clean import clean


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("java", 4), ("…", 1), ("자바", 4), ("e\u0301", 1), ("ﬀ", 1), ("\uff21", 2), ("\u1112\u1161", 2)],
)
def test_cells_of_text(text: str, count: int) -> None:
    assert cells(text) == count


def test_every_character_that_passes_the_door_takes_as_many_cells_as_rich_gives_it() -> None:
    assigned = (chr(code) for code in range(0x20, sys.maxunicode + 1))
    passing = [one for one in assigned if unicodedata.category(one) not in ("Cn", "Co") and clean(one) == one]
    assert [one for one in passing if cells(one) != cell_len(one)] == []
