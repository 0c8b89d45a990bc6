import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.text.cells import cells
from tcpwatch.text.clean import DRAWN, MOST_MARKS, clean

# What people are called, in scripts that write several marks on one character.
NAMES = (
    "서버-服务器-é",
    unicodedata.normalize("NFD", "Việt Nam"),
    "\u1112\u1161\u11ab\u1100\u1173\u11af",  # Korean in single letters
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0921\u093c\u0940\u0902",  # Devanagari: nukta, vowel, anusvara
    "\u0e19\u0e49\u0e33\u0e43\u0e08 \u0e17\u0e35\u0e48",  # Thai: vowel and tone
    "\u1019\u103b\u103e\u1031\u102c\u103a",  # Burmese: five marks
    "\u05e9\u05c1\u05bc\u05b8\u0591\u05dc\u05d5\u05b9\u05dd",  # Hebrew with points and accents
    "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f\u064c",  # Arabic with vowels
    "\u0f68\u0f7c\u0f7e \u0f40\u0fb5\u0fa8",  # Tibetan stacks
    "👍🏽",
    "\u0600\u0661",  # Arabic number sign
)


def test_clean_of_plain_text_is_the_text() -> None:
    assert clean("java") == "java"


@pytest.mark.parametrize("name", NAMES)
def test_clean_keeps_other_scripts(name: str) -> None:
    assert clean(name) == name


@pytest.mark.parametrize(
    "hostile",
    ["\x1b]0;title\x07", "\x1b[2J", "\x9b2J", "\x00", "\x7f", "a\nb", "\u202eevil", "\u200b", "\ud800", "\ufeff"],
)
def test_clean_leaves_nothing_that_a_terminal_obeys(hostile: str) -> None:
    shown = clean(hostile)
    assert shown
    assert all(ord(character) >= 0x20 and not 0x7F <= ord(character) < 0xA0 for character in shown)
    shown.encode()


@pytest.mark.parametrize(
    "unseen",
    [
        *("\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u180b", "\u180e", "\u180f"),
        *("\u200b", "\u200c", "\u200d", "\u200e", "\u2028", "\u2060", "\u2062", "\u2064", "\u2065", "\u206a"),
        *("\u2800", "\u3164", "\ufe00", "\ufe0f", "\uffa0", "\ufff0", "\ufffc", "\U0001d159", "\U0001d173"),
        *("\U0001bca0", "\U00016fe4", "\U000e0001", "\U000e0041", "\U000e007f", "\U000e0100", "\U000e01ef"),
        *("\ue000", "\U000f0000", "\U0010fffd", "\u0378", "\U000e0fff", "\uffff"),  # private, unassigned
    ],
)
def test_clean_shows_what_nobody_would_see(unseen: str) -> None:
    assert clean(f"sshd{unseen}") == "sshd�"


@pytest.mark.parametrize("space", ["\u00a0", "\u1680", "\u2002", "\u200a", "\u202f", "\u205f", "\u3000"])
def test_clean_shows_odd_spaces(space: str) -> None:
    assert clean(f"a{space}b c") == "a␣b c"


def test_clean_leaves_only_printable_characters() -> None:
    """A space, what is printable, and the few format characters that are drawn."""
    passing = [code for code in range(sys.maxunicode + 1) if clean(f"a{chr(code)}") == f"a{chr(code)}"]
    assert {code for code in passing if not chr(code).isprintable()} == DRAWN


def test_clean_shows_escape_as_a_picture() -> None:
    assert clean("\x1b[2J") == "␛[2J"


@pytest.mark.parametrize(
    ("tower", "shown"),
    [
        ("a" + "\u0301" * 100, "a\u0301�"),
        ("a" + "\u0301\u0302\u0303\u0304b", "a\u0301\u0302�b"),
        ("a\u20dd\u20de\u20e0", "a\u20dd\u20de�"),
        ("\u0e01" + "\u0e47" * 9, "\u0e01\u0e47�"),  # of combining class 0
        ("漢" * 9 + "\u0e47" * 9, "漢" * 9 + "\u0e47�"),
        ("\u1112" + "\u1161" * 9, "\u1112\u1161�"),
        ("👍" + "🏽" * 3, "👍🏽�"),
        ("\u0301\u0302evil", "�evil"),  # they would go to what stands before the text
    ],
)
def test_clean_pulls_down_towers_of_marks(tower: str, shown: str) -> None:
    assert clean(tower) == shown


def test_clean_shortens_long_text() -> None:
    assert clean("x" * 300, limit=10) == "x" * 9 + "…"


FOREIGN = st.text() | st.text(st.characters(categories=["Mn", "Mc", "Me", "Lo", "Cf"]))


@given(FOREIGN)
def test_clean_twice_is_clean_once(foreign: str) -> None:
    assert clean(clean(foreign)) == clean(foreign)


@given(FOREIGN)
def test_clean_leaves_few_characters_to_a_cell(foreign: str) -> None:
    shown = clean(foreign)
    assert len(shown) <= len(foreign)
    assert len(shown) <= cells(shown) * (1 + MOST_MARKS)


def test_clean_is_no_longer_than_the_limit() -> None:
    assert len(clean("\u0301" + "a\u0301\u0302\u0303" * 300, limit=10)) <= 10
