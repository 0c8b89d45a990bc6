"""Numbers of things in words."""

import pytest

from tcpwatch.text.quantity import counted


@pytest.mark.parametrize(
    ("count", "word", "words"),
    [(0, "byte", "0 bytes"), (1, "byte", "1 byte"), (2_000, "byte", "2,000 bytes"), (2, "process", "2 processes")],
)
def test_counted(count: int, word: str, words: str) -> None:
    assert counted(count, word) == words
