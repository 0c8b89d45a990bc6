"""One explanation, as data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """What a state, a step, a flag, a field or an idea is, in English; the catalogs know the other languages.

    `key` is the word that the screen shows and people type, the same in every language. `then` is what the kernel does
    next, and when. `commands` show the same in a shell, `wireshark` is a display filter, `related` are the keys of
    other topics, `source` is where it can be read in full. What is empty is left out.
    """

    key: str
    title: str
    what: str
    why: str = ""
    then: str = ""
    commands: tuple[str, ...] = ()
    wireshark: str = ""
    related: tuple[str, ...] = ()
    source: str = ""

    @property
    def copyable(self) -> tuple[str, ...]:
        """What can be pasted elsewhere: the commands for a shell, then the display filter."""
        return (*self.commands, self.wireshark) if self.wireshark else self.commands
