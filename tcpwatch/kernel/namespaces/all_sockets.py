"""The sockets of several network namespaces as one table: those that were there when it was opened.

A cookie is a socket's identity across namespaces (Linux 5.10 and newer). A namespace that nobody else holds any more,
and in which no program has a socket, is let go of: watching it would keep it, and its interfaces, alive.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from tcpwatch.errors import SourceError
from tcpwatch.kernel.namespaces.thread import NamespaceThread
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow

BUDGET_NS = 50_000_000  # for one dump: each namespace costs a walk through the table that all of them share


class NamespaceScope(NamedTuple):
    """How far to look: the namespace that we are in, where it is known, and others, each with who lives there.

    `left_out` counts those that are known, but not to be looked at. None of `residents`: the one that we are in, alone.
    """

    here: Namespace | None = None
    namespace_threads: Sequence[NamespaceThread] = ()
    left_out: int = 0


class NamespaceTable(Protocol):
    """The sockets of one namespace."""

    name: str
    message: str

    def dump(self) -> list[SocketRow]:
        """Every TCP socket of it, as it is now."""

    def close(self) -> None:
        """Give back what is held open."""


class OtherNamespace(NamedTuple):
    """Another namespace: who lives there, and what is read there."""

    namespace_thread: NamespaceThread
    table: NamespaceTable


class AllNamespaces:
    """Reads one table after the other, in turn where they are too many for one dump. One thread uses it."""

    def __init__(
        self,
        here: NamespaceTable,
        others: Sequence[OtherNamespace],
        left_out: int = 0,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`left_out` counts the namespaces that are known, but not in `others`; `clock` gives monotonic nanoseconds."""
        self.name = here.name
        self._here = here
        self._others = deque(others)  # the one to be read next stands first
        self._left_out = left_out
        self._clock = clock
        self._rows: dict[int, list[SocketRow]] = {}  # by namespace, as last read
        self._failed: set[int] = set()
        self._is_partial = False
        self.message = self._description()

    def dump(self) -> list[SocketRow]:
        """Every TCP socket of all of them; ours last, so that they win where ends are the same.

        Raises SourceError where the namespace that we are in cannot be read.
        """
        here = self._here.dump()
        deadline_ns = self._clock() + BUDGET_NS
        due = len(self._others)
        while due and (self._clock() < deadline_ns or self._others[0].namespace_thread.netns.inode not in self._rows):
            self._read_next(self._others[0])
            due -= 1
        self._is_partial = due > 0
        self.message = self._description()
        return [*chain.from_iterable(self._rows.values()), *here]

    def close(self) -> None:
        """Give back what is held open, and end the threads."""
        for other in tuple(self._others):
            self._release(other)
        self._here.close()

    def _description(self) -> str:
        """How many there are, what is not seen, and what is to be said of one of them."""
        words = [f"{1 + len(self._others)} network namespaces, as of the start"]
        if self._is_partial:
            words.append("read in turn")
        if self._left_out:
            words.append(f"{self._left_out} more are left out")
        if self._failed:
            words.append(f"{len(self._failed)} could not be read just now")
        return f"{', '.join(words)}. {self._here.message}"

    def _read_next(self, other: OtherNamespace) -> None:
        """Read the table that stands first, and put it last; or let go of a namespace that only we still hold."""
        self._others.rotate(-1)
        inode = other.namespace_thread.netns.inode
        self._failed.discard(inode)
        try:
            rows = other.table.dump()
        except SourceError:
            self._failed.add(inode)
            rows = []
        self._rows[inode] = rows
        if not any(row.inode for row in rows) and other.namespace_thread.abandoned:
            self._release(other)

    def _release(self, other: OtherNamespace) -> None:
        other.table.close()
        other.namespace_thread.close()
        self._others.remove(other)
        self._rows.pop(other.namespace_thread.netns.inode, None)
