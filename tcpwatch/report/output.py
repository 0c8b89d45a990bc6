"""Lines for stdout, collected and written in one piece."""

import sys
from typing import Self


class Output:
    """A buffer of lines. Whoever adds lines calls `flush` before each wait, so that a reader never waits for them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.add = self._lines.append

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def flush(self) -> None:
        """Write all lines; BrokenPipeError where nobody reads stdout any more."""
        if self._lines:
            text = "\n".join(self._lines)
            self._lines.clear()
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
