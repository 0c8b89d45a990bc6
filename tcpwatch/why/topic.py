"""One explanation, as data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """What a state, a step, a flag, a field or an idea is, in English; the catalogs know the other languages.

    `key` is the word that the screen shows and people type, the same in every language. `then` says what the kernel
    does next, and when. `commands` show the same in a shell, `wireshark` is a display filter, `related` are the keys of
    other topics, `source` is where it can be read in full.
    """

    key: str
    title: str
    what: str
    why: str
    then: str
    commands: tuple[str, ...]
    wireshark: str
    related: tuple[str, ...]
    source: str
