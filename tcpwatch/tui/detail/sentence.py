"""One sentence about a connection, as data."""

from typing import NamedTuple


class Sentence(NamedTuple):
    """`about` is its label in the detail pane, `style` a style of the theme."""

    about: str
    message: str
    style: str = ""
