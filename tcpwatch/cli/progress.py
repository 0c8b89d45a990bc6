"""How far the reading of a file is, on the terminal, before the dashboard takes it over."""

import os
import stat
import sys
import time
from collections.abc import Callable
from typing import Self, TextIO

from tcpwatch.text.clean import clean

QUIET_NS = 400_000_000  # a file that is read sooner needs no word
INTERVAL_NS = 200_000_000
CLEAR = "\r\x1b[K"


def why_it_waits(path: str, needs_all: bool = False) -> str | None:
    """What to say of a pipe before it is opened, which may take until its writer comes; None of an ordinary file.

    `needs_all`: nothing is shown before its writer has ended it.
    """
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except (OSError, ValueError):
        return None
    if kind not in (stat.S_IFIFO, stat.S_IFSOCK):
        return None
    if needs_all:
        return (
            f"{clean(path)} is a pipe, to be recorded whole: the dashboard comes when its writer has ended it; "
            "tcpwatch packets --read shows it as it comes"
        )
    return f"{clean(path)} is a pipe: the dashboard comes with its first segment, and shows the others as they come"


class Progress:
    """One line that is written over; nothing where the stream is no terminal. Cleared at the end."""

    def __init__(self, name: str, stream: TextIO | None = None, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._name = clean(name)
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._due_ns = clock() + QUIET_NS
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._write(CLEAR)

    def tell(self, frames: int) -> None:
        """So many frames have been read."""
        now_ns = self._clock()
        if now_ns >= self._due_ns and self._stream.isatty():
            self._due_ns = now_ns + INTERVAL_NS
            self._shown = True
            self._write(f"{CLEAR}tcpwatch: reading {self._name}: {frames:,} frames so far")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._due_ns = 1 << 63  # nobody sees it
