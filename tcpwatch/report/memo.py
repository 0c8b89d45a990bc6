"""Texts that are needed again and again."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from tcpwatch.wire.segment import flag_names

Key = TypeVar("Key", bound=Hashable)


class Memo(dict[Key, str]):
    """`memo[key]` is what `make` gives for the key, made once; all are forgotten where there come to be `limit`.

    A hit costs a third of `functools.lru_cache`'s, which puts every key that is used at the head of a list.
    """

    def __init__(self, make: Callable[[Key], str], limit: int = 65_536) -> None:
        super().__init__()
        self._make = make
        self._limit = limit

    def __missing__(self, key: Key) -> str:
        if len(self) >= self._limit:
            self.clear()
        text = self[key] = self._make(key)
        return text


FLAGS_TEXT = Memo(flag_names)
