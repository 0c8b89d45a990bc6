"""The sockets of several network namespaces as one table: those that were there when it was opened.

A cookie is a socket's identity across namespaces (Linux 5.10 and newer). A namespace that nobody else holds any more is
let go of, because watching it would keep it, and its interfaces, alive.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from tcpwatch.errors import SourceError
from tcpwatch.kernel.resident import Resident
from tcpwatch.tcp.netns import Namespace
from tcpwatch.tcp.sockets import SocketRow


class Reach(NamedTuple):
    """How far to look: the namespace that we are in, where it is known, and others, each with who lives there.

    `left_out` counts those that are known, but not to be looked at. None of `residents`: the one that we are in, alone.
    """

    here: Namespace | None = None
    residents: Sequence[Resident] = ()
    left_out: int = 0


class Table(Protocol):
    """The sockets of one namespace."""

    name: str
    says: str

    def dump(self) -> list[SocketRow]:
        """Every TCP socket of it, as it is now."""

    def close(self) -> None:
        """Give back what is held open."""


class Elsewhere(NamedTuple):
    """Another namespace: who lives there, and what is read there."""

    resident: Resident
    table: Table


class Everywhere:
    """Reads one table after the other. One thread uses it."""

    def __init__(self, here: Table, others: Sequence[Elsewhere], left_out: int = 0) -> None:
        """`left_out` counts the namespaces that are known, but not in `others`."""
        self.name = here.name
        self._here = here
        self._others = list(others)
        self._left_out = left_out
        self._unread = 0
        self.says = self._words()

    def dump(self) -> list[SocketRow]:
        """Every TCP socket of all of them; ours last, so that they win where ends are the same.

        Raises SourceError where the namespace that we are in cannot be read.
        """
        here = self._here.dump()
        rows: list[SocketRow] = []
        self._unread = 0
        for other in tuple(self._others):
            found = self._dump(other)
            rows += found
            if not found and other.resident.alone:
                self._let_go(other)
        self.says = self._words()
        return rows + here

    def close(self) -> None:
        """Give back what is held open, and end the threads."""
        for other in tuple(self._others):
            self._let_go(other)
        self._here.close()

    def _words(self) -> str:
        """How many there are, what is not seen, and what is to be said of one of them."""
        words = [f"{1 + len(self._others)} network namespaces, as of the start"]
        if self._left_out:
            words.append(f"{self._left_out} more are left out")
        if self._unread:
            words.append(f"{self._unread} could not be read just now")
        return f"{', '.join(words)}. {self._here.says}"

    def _dump(self, other: Elsewhere) -> Sequence[SocketRow]:
        try:
            return other.table.dump()
        except SourceError:
            self._unread += 1
            return ()

    def _let_go(self, other: Elsewhere) -> None:
        other.table.close()
        other.resident.close()
        self._others.remove(other)
