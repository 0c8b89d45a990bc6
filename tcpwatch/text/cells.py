"""The width of a text in terminal cells (Unicode Standard Annex 11), as Rich counts it, without loading Rich."""

from functools import lru_cache
from unicodedata import category, east_asian_width

ZERO_WIDTH = frozenset(("Mn", "Me", "Mc", "Cf"))  # marks on the character before, and format characters
# Code points whose width in terminals differs from the rule above or from older Python databases: their cells.
IRREGULAR = {
    **dict.fromkeys((*range(0x1160, 0x1200), *range(0xD7B0, 0xD800), 0x3164, 0xFFA0), 0),  # Hangul vowels and fillers
    **dict.fromkeys(range(0x1F3FB, 0x1F400), 0),  # skin tones
    **dict.fromkeys((*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD), 1),
    **dict.fromkeys((*range(0x2630, 0x2638), *range(0x268A, 0x2690), *range(0x4DC0, 0x4E00)), 2),  # wide in Unicode 16
    **dict.fromkeys((*range(0x1D300, 0x1D357), *range(0x1D360, 0x1D377)), 2),
}


def cells(text: str) -> int:
    """The cells of `text`: two for a wide character, none for one that combines with the character before it."""
    return len(text) if text.isascii() else _cells(text)


@lru_cache(maxsize=4096)
def _cells(text: str) -> int:
    return sum(map(_cells_of_character, text))


def _cells_of_character(character: str) -> int:
    irregular = IRREGULAR.get(ord(character))
    if irregular is not None:
        return irregular
    if category(character) in ZERO_WIDTH:
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
