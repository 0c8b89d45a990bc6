"""Lines for stdout, put by until there is time to hand them over in one piece."""

import sys
from typing import Self


class Output:
    """Lines on their way out. Who adds them calls `flush` before each wait, so that a reader never waits for them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.add = self._lines.append

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def flush(self) -> None:
        """Write what there is; BrokenPipeError where the reader has gone."""
        if self._lines:
            text = "\n".join(self._lines)
            self._lines.clear()
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
