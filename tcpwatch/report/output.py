"""Lines for stdout or a file, collected and written in one piece."""

import sys
from collections.abc import Callable, Iterable
from typing import Self

from tcpwatch.errors import OutputError


class Output:
    """A buffer of lines. Whoever adds lines calls `flush` before each wait, so that a reader never waits for them."""

    def __init__(self, write: Callable[[Iterable[str]], None] | None = None) -> None:
        """`write` puts lines into a file that takes every character; without it they go to stdout."""
        self._write = write or write_lines
        self.takes_unicode = write is not None or is_unicode()
        self._lines: list[str] = []
        self._amendments: list[tuple[int, Callable[[str], str]]] = []
        self.add = self._lines.append

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def amend_next(self, amend: Callable[[str], str]) -> None:
        """Change the next line that is added, when it is written."""
        self._amendments.append((len(self._lines), amend))

    def flush(self) -> None:
        """Write all lines; raises what `write_lines`, or the writer of the file, raises."""
        if self._lines:
            self._amend()
            lines, self._lines[:] = tuple(self._lines), ()
            self._write(lines)

    def _amend(self) -> None:
        early, count = self._amendments, len(self._lines)
        self._amendments = [(0, amend) for index, amend in early if index >= count]
        for index, amend in early:
            if index < count:
                self._lines[index] = amend(self._lines[index])


def write_lines(lines: Iterable[str]) -> None:
    """Write lines to stdout at once.

    Raises OutputError where they cannot be written, BrokenPipeError where nobody reads stdout any more.
    """
    text = "\n".join((*lines, ""))
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(error) from error


def is_unicode() -> bool:
    """Whether stdout takes every character."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("_", "-").startswith("utf")
