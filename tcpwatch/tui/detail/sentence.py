"""A line of a connection's story, as data."""

from typing import NamedTuple


class Sentence(NamedTuple):
    """What it is about, what it says, its style."""

    about: str
    message: str
    style: str = ""
