import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.text.clean import clean


def test_clean_of_plain_text_is_the_text() -> None:
    assert clean("java") == "java"


def test_clean_keeps_other_scripts() -> None:
    assert clean("서버-服务器-é") == "서버-服务器-é"


@pytest.mark.parametrize(
    "hostile",
    ["\x1b]0;title\x07", "\x1b[2J", "\x9b2J", "\x00", "\x7f", "a\nb", "\u202eevil", "\u200b", "\ud800", "\ufeff"],
)
def test_clean_leaves_nothing_that_a_terminal_obeys(hostile: str) -> None:
    shown = clean(hostile)
    assert shown
    assert all(ord(character) >= 0x20 and not 0x7F <= ord(character) < 0xA0 for character in shown)
    shown.encode()


def test_clean_shows_escape_as_a_picture() -> None:
    assert clean("\x1b[2J") == "␛[2J"


def test_clean_shortens_long_text() -> None:
    assert clean("x" * 300, limit=10) == "x" * 9 + "…"


@given(st.text())
def test_clean_twice_is_clean_once(foreign: str) -> None:
    assert clean(clean(foreign)) == clean(foreign)
