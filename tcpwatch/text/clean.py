"""All foreign text (process names, files, the wire) must pass `clean`.

A terminal executes escape sequences, and neither Textual nor Rich removes them: a process name could set the window
title or hide a line. And what nobody sees makes two names look alike. So control characters, bidirectional marks, lone
surrogates, characters without a picture and odd spaces are replaced by visible symbols here, once, where the text
enters the program, and no character is buried under combining marks.
"""

from functools import lru_cache
from unicodedata import category, combining

from tcpwatch.text.cells import cells

CONTROL_PICTURES, DELETE_PICTURE = 0x2400, 0x2421
OPEN_BOX = 0x2423  # "␣", for a space that is not the ordinary one
REPLACEMENT = 0xFFFD

# Not printable for Python, as they format what follows, but drawn (PropList.txt, Prepended_Concatenation_Mark).
DRAWN = frozenset((*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD))
# Printable for Python, but not drawn: DerivedCoreProperties.txt, Default_Ignorable_Code_Point, and blank symbols.
NOT_DRAWN = frozenset(
    (
        0x034F,  # combining grapheme joiner
        *(0x115F, 0x1160, 0x3164, 0xFFA0),  # Hangul fillers
        *(0x17B4, 0x17B5),  # Khmer inherent vowels
        *(*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),  # variation selectors
        *(0x2800, 0x1D159, 0x16FE4),  # blanks: Braille, a note's head, a Khitan filler
        0xFFFC,  # stands for an object
    )
)

# Marks on one character: Burmese has five, Hebrew and Tibetan four. Only the Latin, Greek and Cyrillic ones, and signs
# that enclose, climb over the lines above and below without end; Vietnamese has two of them.
MOST_MARKS, MOST_CLIMBING = 5, 2
CLIMBS = 200  # canonical combining class (UAX 44): from here on the mark is placed by what is there already
REMEMBERED = 8_192


class _Visible(dict[int, int]):
    """What is shown for each code point, for `str.translate`; found when it is first asked for."""

    def __missing__(self, code: int) -> int:
        shown = _shown(code)
        if len(self) < REMEMBERED:
            self[code] = shown
        return shown


def _shown(code: int) -> int:
    character = chr(code)
    if code < 0x20:
        return CONTROL_PICTURES + code
    if code == 0x7F:
        return DELETE_PICTURE
    if character.isprintable() or code in DRAWN:
        return REPLACEMENT if code in NOT_DRAWN else code
    return OPEN_BOX if category(character) == "Zs" else REPLACEMENT


_VISIBLE = _Visible()


def clean(foreign: str, limit: int = 256) -> str:
    """`foreign` without anything that a terminal would execute or not show, at most `limit` characters long."""
    if len(foreign) > limit:
        foreign = foreign[: limit - 1] + "…"
    if foreign.isascii():
        return foreign if foreign.isprintable() else foreign.translate(_VISIBLE)
    return _without_towers(foreign.translate(_VISIBLE))


@lru_cache(maxsize=1024)
def _without_towers(text: str) -> str:
    """`text` with a replacement sign after each character for the marks on it that are too many; none without one."""
    shown: list[str] = []
    marks: list[str] = []
    for character in text:
        if cells(character) == 0:
            marks.append(character)
            continue
        shown += _bearable(marks, bool(shown))
        shown.append(character)
        marks.clear()
    return "".join((*shown, *_bearable(marks, bool(shown))))


def _bearable(marks: list[str], have_base: bool) -> list[str]:
    """The marks that one character can bear, then a replacement sign if there are more."""
    kept: list[str] = []
    climbing = 0
    for mark in marks if have_base else ():
        climbs = combining(mark) >= CLIMBS or category(mark) == "Me"
        if len(kept) < MOST_MARKS and climbing + climbs <= MOST_CLIMBING and mark not in kept:
            kept.append(mark)
            climbing += climbs
    return kept if len(kept) == len(marks) else [*kept, chr(REPLACEMENT)]
