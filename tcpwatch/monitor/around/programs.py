"""The programs behind sockets, read when somebody asks about one, and again after a while. Any thread may ask."""

from collections.abc import Callable
from threading import Lock
from typing import Protocol

from tcpwatch.sockets.program import Program
from tcpwatch.sockets.row import Owner

AGAIN_NS = 2_000_000_000
MOST_READ = 16  # in one refresh: each takes a tenth of a millisecond, and more with its threads
MOST_KEPT = 512

Key = tuple[int, int]
"""Pid and start time."""


class ProgramReader(Protocol):
    """Reads a process by its pid."""

    def read(self, pid: int, start_ticks: int | None = None, *, threads: bool = False) -> Program | None:
        """The process that started then, with what its threads do where that is asked for; None if it has ended."""


class KnownPrograms:
    """What was read last of each program."""

    def __init__(self, reader: ProgramReader | None) -> None:
        self._reader = reader
        self._lock = Lock()
        self._known: dict[Key, tuple[int, Program | None]] = {}

    def read(self, owner: Owner, now_ns: int) -> Program | None:
        """The program of this owner, read at most AGAIN_NS before `now_ns`; None where it is gone or hidden."""
        if self._reader is None or owner.gone:
            return None
        key = owner.pid, owner.start_ticks
        with self._lock:
            at_ns, program = self._known.get(key, (None, None))
            if at_ns is None or now_ns - at_ns >= AGAIN_NS:
                program = self._reader.read(owner.pid, owner.start_ticks or None, threads=True)
                self._known.pop(key, None)
                self._known[key] = now_ns, program
                if len(self._known) > MOST_KEPT:
                    del self._known[next(iter(self._known))]
            return program

    def for_a_refresh(self, now_ns: int) -> Callable[[Owner], Program | None]:
        """The same for a thread that asks about many: beyond MOST_READ it gives what is known from before."""
        left = MOST_READ

        def read(owner: Owner) -> Program | None:
            nonlocal left
            at_ns, program = self._known.get((owner.pid, owner.start_ticks), (None, None))
            if at_ns is not None and now_ns - at_ns < AGAIN_NS:
                return program
            if left <= 0:
                return program
            left -= 1
            return self.read(owner, now_ns)

        return read
