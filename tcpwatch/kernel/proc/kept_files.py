"""Small files of /proc that are opened once and read often: what root opened is read on after its rights are gone.

A file of a network namespace goes on showing that of the thread that opened it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

LONGEST = 1 << 14


class KeptFiles:
    """Files by a name of the caller's. One thread uses it; `why_not` has the reason of each that is not open."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        """Open those that are there and may be read."""
        self.why_not: dict[str, str] = {}
        self._files: dict[str, int] = {}
        for name, path in paths.items():
            try:
                self._files[name] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                self.why_not[name] = f"{path}: {error.strerror}"

    def text(self, name: str) -> str | None:
        """What the file says now, as far as LONGEST; None where it is not open, or cannot be read any more."""
        if (file := self._files.get(name)) is None:
            return None
        try:
            return os.pread(file, LONGEST, 0).decode("ascii", "replace")
        except OSError:
            return None

    def numbers(self, name: str) -> tuple[int, ...] | None:
        """The numbers that the file consists of."""
        words = (self.text(name) or "").split()
        return tuple(map(int, words)) if words and all(word.lstrip("-").isdecimal() for word in words) else None

    def close(self) -> None:
        """Close the files; nothing is read any more."""
        while self._files:
            os.close(self._files.popitem()[1])
