"""One sentence about a connection, as data."""

from typing import NamedTuple

from tcpwatch.diagnose.message import Listing, Value, counted_in, in_words
from tcpwatch.tui.paint.format import grouped, several
from tcpwatch.why.catalog import Translate


class Sentence(NamedTuple):
    """`about` is its label in the detail pane, in English, `style` a style of the theme."""

    about: str
    message: Value | str
    style: str = ""

    def words(self, translate: Translate = str) -> str:
        """The sentence in the language of `translate`."""
        return in_words(self.message, translate)


class Several(NamedTuple):
    """So many of something, as the screen writes numbers; `one` is its English name in the singular."""

    number: int
    one: str

    def words(self, translate: Translate) -> str:
        """`1 byte`, `2 000 bytes`."""
        return counted_in(translate, self.one, grouped(self.number)) or several(self.number, self.one)


def parts(*messages: Value | str) -> Listing:
    """Those that are not empty, with a dot between."""
    return Listing(tuple(message for message in messages if message), " · ")
