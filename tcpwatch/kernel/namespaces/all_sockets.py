"""The sockets of several network namespaces as one table. Namespaces created later are not added.

A cookie identifies a socket across namespaces (Linux 5.10 and newer). A namespace is released if nothing else keeps it
alive and no program has a socket in it: otherwise this reader would keep it and its interfaces alive.
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

DUMP_BUDGET_NS = 50_000_000  # for one dump: reading a namespace walks the hash table that all namespaces share


class NamespaceScope(NamedTuple):
    """Which namespaces to read: our own (None if unknown), and others through their threads.

    `left_out` counts namespaces that are known but not read. No threads: only our own namespace is read.
    """

    here: Namespace | None = None
    namespace_threads: Sequence[NamespaceThread] = ()
    left_out: int = 0


class NamespaceTable(Protocol):
    """The sockets of one namespace."""

    name: str
    message: str

    def dump(self) -> list[SocketRow]:
        """All TCP sockets of the namespace now."""

    def close(self) -> None:
        """Release the open resources."""


class OtherNamespace(NamedTuple):
    """Another namespace: the thread inside it, and its socket table."""

    namespace_thread: NamespaceThread
    table: NamespaceTable


class AllNamespaces:
    """Reads one table after the other; if one dump has no time for all, in turn. Not thread-safe."""

    def __init__(
        self,
        here: NamespaceTable,
        others: Sequence[OtherNamespace],
        left_out: int = 0,
        clock: Callable[[], int] = time.monotonic_ns,
        budget_ns: int = DUMP_BUDGET_NS,
    ) -> None:
        """`left_out`: known namespaces that are not in `others`. `clock` returns monotonic nanoseconds.

        A dump reads other namespaces for `budget_ns`, besides those that were never read.
        """
        self.name = here.name
        self._here = here
        self._others = deque(others)  # the next one to read comes first
        self._left_out = left_out
        self._clock = clock
        self._budget_ns = budget_ns
        self._rows: dict[int, list[SocketRow]] = {}  # by namespace, as last read
        self._failed: set[int] = set()
        self._is_partial = False
        self.message = self._description()

    def dump(self) -> list[SocketRow]:
        """All TCP sockets. Our own namespace comes last, so its rows win if two sockets have the same ends.

        Raises SourceError if our own namespace cannot be read.
        """
        here = self._here.dump()
        deadline_ns = self._clock() + self._budget_ns
        due = len(self._others)
        while due and (self._clock() < deadline_ns or self._others[0].namespace_thread.netns.inode not in self._rows):
            self._read_next(self._others[0])
            due -= 1
        self._is_partial = due > 0
        self.message = self._description()
        return [*chain.from_iterable(self._rows.values()), *here]

    def close(self) -> None:
        """Close all tables and end the threads."""
        for other in tuple(self._others):
            self._release(other)
        self._here.close()

    def _description(self) -> str:
        """The number of namespaces, what is not read, and the message of our own table."""
        words = [f"{1 + len(self._others)} network namespaces, as of the start"]
        if self._is_partial:
            words.append("read in turn")
        if self._left_out:
            words.append(f"{self._left_out} more are left out")
        if self._failed:
            words.append(f"{len(self._failed)} could not be read just now")
        return f"{', '.join(words)}. {self._here.message}"

    def _read_next(self, other: OtherNamespace) -> None:
        """Read the first table and move it to the end; release the namespace if only this reader keeps it alive."""
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
