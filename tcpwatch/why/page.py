"""An explanation as labelled passages, and their lines. The dashboard and the command line show the same."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from itertools import zip_longest
from typing import NamedTuple

from tcpwatch.text.cells import cells
from tcpwatch.why.catalog import Translate
from tcpwatch.why.topic import Topic


class PassageKind(Enum):
    """The kind of a passage decides its style, and whether its lines may be broken."""

    PROSE = auto()
    COMMAND = auto()
    REFERENCE = auto()


class Passage(NamedTuple):
    """A passage under a label, or a line of one; an empty label continues the one above."""

    label: str
    text: str
    kind: PassageKind = PassageKind.PROSE


def heading(topic: Topic, translate: Translate) -> str:
    """`CLOSE-WAIT · the peer has closed, the program here has not`."""
    return f"{topic.key} · {translate(topic.title)}"


def passages(topic: Topic, translate: Translate) -> Iterator[Passage]:
    """The passages of a topic, in the order of reading."""
    for label, text in (("What", topic.what), ("Why", topic.why), ("Next", topic.then)):
        if text:
            yield Passage(translate(label), translate(text))
    commands = (*topic.commands, *([f"Wireshark: {topic.wireshark}"] if topic.wireshark else ()))
    for label, command in zip_longest([translate("See")], commands, fillvalue=""):
        yield Passage(label, command, PassageKind.COMMAND)
    if topic.related:
        yield Passage(translate("Related"), " · ".join(topic.related), PassageKind.REFERENCE)
    yield Passage(translate("Source"), topic.source, PassageKind.REFERENCE)


def lines(topic: Topic, translate: Translate, width: int, *, commands_whole: bool = False) -> Iterator[Passage]:
    """The same in lines of at most `width` cells, the labels padded to one column; a whole command may be wider."""
    parts = list(passages(topic, translate))
    column = max(cells(passage.label) for passage in parts) + 2
    for label, text, kind in parts:
        whole = commands_whole and kind is PassageKind.COMMAND
        for line in [text] if whole else wrap_translated(text, width - column):
            yield Passage(label + " " * (column - cells(label)), line, kind)
            label = ""


# Chinese may be broken between any two characters, but no line begins with what closes nor ends with what opens.
# Korean is broken at its spaces, like English.
_CLOSES, _OPENS, _IDEOGRAPHS = "，。、；：？！）》”", "（《“", r"\u2e80-\u303f\u3400-\u9fff\uff00-\uffef"
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")
_UNIT = re.compile(rf" *[{_OPENS}]*(?:[^ {_IDEOGRAPHS}{_OPENS}{_CLOSES}]+|[{_IDEOGRAPHS}])?[{_CLOSES}]*")


def has_ideographs(text: str) -> bool:
    """Whether a line of it may be broken where there is no space."""
    return not text.isascii() and _IDEOGRAPH.search(text) is not None


def wrap_translated(text: str, width: int) -> list[str]:
    """`text`, in any of the languages, in lines of at most `width` (2 or more) cells; a longer unit is cut."""
    lines = [""]
    for unit in _UNIT.findall(text):
        if cells(lines[-1] + unit) > width:
            lines.append("")
            unit = unit.lstrip()
        for character in unit:
            if cells(lines[-1] + character) > width:
                lines.append("")
            lines[-1] += character
    return [line for line in lines if line]
