"""A capture file, opened by name and read forward once: stdin (`-`) and FIFOs too.

Rule: what cannot be a capture file, such as a directory or a device, is refused before a byte of it is read.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence

from tcpwatch.capture.frame import Frame
from tcpwatch.errors import CaptureFileError, UsageError
from tcpwatch.text.clean import clean
from tcpwatch.wire.files.capture_file import read_batches

STDIN = "-"
REFUSED_KINDS = {stat.S_IFDIR: "a directory", stat.S_IFCHR: "a device or a terminal", stat.S_IFBLK: "a device"}


class CaptureFile:
    """The frames of a capture file, in the order of the file.

    `interface` is empty: which one they came from is not known. `before_read` is called each time before bytes are
    asked of the file, which may take as long as a pipe's writer likes: what has come so far can be handed over then.
    """

    interface = ""

    def __init__(self, name: str, before_read: Callable[[], None] = lambda: None) -> None:
        """Raises UsageError where there is no such file, it may not be read, or it can be no capture file."""
        self.name = "stdin" if name == STDIN else clean(name)
        self._before_read = before_read
        try:
            self._refuse(os.fstat(sys.stdin.fileno()) if name == STDIN else os.stat(name))
            self._fd = os.dup(sys.stdin.fileno()) if name == STDIN else os.open(name, os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise UsageError(f"{self.name} cannot be read: {getattr(error, 'strerror', None) or error}") from error

    def batches(self) -> Iterator[Sequence[Frame]]:
        """Every frame, as many at a time as are read at once.

        Raises CaptureFileError after the last one before the damage, if there is any.
        """
        try:
            yield from read_batches(self)
        except CaptureFileError as error:
            raise CaptureFileError(f"{self.name}: {error}") from error

    def read(self, size: int) -> bytes:
        """What there is of the next `size` bytes; waits for the first of them, and gives none at the end."""
        self._before_read()
        try:
            return os.read(self._fd, size)
        except OSError as error:
            raise CaptureFileError(
                f"it can no longer be read ({error.strerror}). What came before was read."
            ) from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _refuse(self, status: os.stat_result) -> None:
        kind = REFUSED_KINDS.get(stat.S_IFMT(status.st_mode))
        if kind is not None:
            raise UsageError(f"{self.name} is {kind}, not a capture file")
