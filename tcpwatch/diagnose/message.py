"""A sentence with places for values, so that every language and every medium is written from the same thing."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tcpwatch.text.duration import duration
from tcpwatch.text.quantity import counted, plural
from tcpwatch.why.catalog import Translate


class Value(Protocol):
    """A value that is written in words."""

    def words(self, translate: Translate) -> str:
        """In the language of `translate`."""
        ...


class Count(NamedTuple):
    """So many of something; `one` is its English name in the singular. A catalog has its plural: `{count} bytes`."""

    number: int
    one: str

    def words(self, translate: Translate) -> str:
        """`1 byte`, `2,000 bytes`; in a language without a plural the same words for any number."""
        return counted_in(translate, self.one, f"{self.number:,}") or counted(self.number, self.one)


class Time(NamedTuple):
    """A duration; `at_least` where it may be longer."""

    ns: int
    at_least: bool = False

    def words(self, translate: Translate) -> str:
        """`≥4h00m`: the same in every language."""
        return f"{'≥' if self.at_least else ''}{duration(self.ns)}"


@dataclass(frozen=True, slots=True)
class Message:
    """`template` is the English text, which the catalogs have as their msgid; `{name}` in it stands for a value."""

    template: str
    values: tuple[tuple[str, "Value | str | int"], ...] = ()

    def words(self, translate: Translate) -> str:
        """The sentence in the language of `translate`, the values in it too."""
        values = {name: in_words(value, translate) for name, value in self.values}
        return translate(self.template).format_map(values)

    def holding(self, **values: "Value | str | int") -> "Message":
        """The same with these values, as a table of templates wants them."""
        return Message(self.template, (*self.values, *values.items()))

    def __str__(self) -> str:
        return self.words(str)


@dataclass(frozen=True, slots=True)
class Listing:
    """Several messages one after the other."""

    messages: "tuple[Value | str, ...]"
    between: str = ", "

    def words(self, translate: Translate) -> str:
        """All of them, with `between` between, which a catalog may translate."""
        return translate(self.between).join(in_words(one, translate) for one in self.messages)

    def __str__(self) -> str:
        return self.words(str)


def message(template: str, **values: Value | str | int) -> Message:
    """The message with these values for the places in its template; values from strangers are clean already."""
    return Message(template, tuple(values.items()))


def counted_in(translate: Translate, one: str, number: str) -> str:
    """So many of `one` in a language that has words for it; empty where it has none."""
    template = several_of(one)
    words = translate(template)
    return "" if words == template else words.format(count=number)


def several_of(one: str) -> str:
    """`{count} bytes` for `byte`: as a catalog has it."""
    return f"{{count}} {plural(2, one)}"


def in_words(value: Value | str | int, translate: Translate = str) -> str:
    """The value in a sentence: a number with its thousands apart, a text as it is."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else value.words(translate)
