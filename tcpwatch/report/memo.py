"""Texts that are made once and used many times."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from tcpwatch.wire.segment import flag_names

Argument = TypeVar("Argument", bound=Hashable)


class Memo(dict[Argument, str]):
    """`memo[key]` is `make(key)`, made once. With `limit` texts in it, the memo is emptied before the next.

    A hit costs a third of one in `functools.lru_cache`, which moves every key that is used to the head of a list.
    """

    def __init__(self, make: Callable[[Argument], str], limit: int = 65_536) -> None:
        super().__init__()
        self._make = make
        self._limit = limit

    def __missing__(self, key: Argument) -> str:
        if len(self) >= self._limit:
            self.clear()
        text = self[key] = self._make(key)
        return text


FLAGS_TEXT = Memo(flag_names)
