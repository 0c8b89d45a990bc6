"""Opens a capture file by name (`-`: stdin) and reads it forward once, so FIFOs work too.

Rule: a directory or a device is refused before any byte is read. The file is opened with the rights of the user who
called sudo: what that user may not read is not read for him.
"""

import os
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tcpwatch.capture.frame import Frame
from tcpwatch.errors import CaptureFileError, UsageError
from tcpwatch.system.invoking_user import as_invoking_user, denied_to
from tcpwatch.text.clean import clean
from tcpwatch.wire.files.capture_file import read_batches

STDIN = "-"
READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY
REFUSED_KINDS = {stat.S_IFDIR: "a directory", stat.S_IFCHR: "a device or a terminal", stat.S_IFBLK: "a device"}


class CaptureFile:
    """The frames of a capture file, in the order of the file.

    `interface` is empty, because it is unknown. `before_read` is called before each read, which may block as long as
    the writer of a pipe is idle; the caller can process earlier frames then.
    """

    interface = ""
    counts = None

    def __init__(self, name: str, before_read: Callable[[], None] = lambda: None) -> None:
        """Raises UsageError if the file does not exist, may not be read, or is not a regular file, pipe or socket."""
        self.name = "stdin" if name == STDIN else clean(name)
        self._before_read = before_read
        self.remarks: Counter[str] = Counter()  # what is irregular in it and was read all the same
        self._read_bytes = 0
        if name == STDIN and sys.stdin is None:
            raise UsageError("stdin cannot be read: it is closed")
        try:
            with as_invoking_user():
                self._refuse(os.fstat(sys.stdin.fileno()) if name == STDIN else os.stat(name))
                self._fd = os.dup(sys.stdin.fileno()) if name == STDIN else os.open(name, READ)
        except (OSError, ValueError) as error:
            raise UsageError(f"{self.name} cannot be read: {denied_to(error)}") from error

    def batches(self) -> Iterator[Sequence[Frame]]:
        """All frames, in batches as they are read.

        Raises CaptureFileError after the last frame before any damage.
        """
        try:
            yield from read_batches(self, self.remarks)
        except CaptureFileError as error:
            raise CaptureFileError(f"{self.name}: {error}") from error

    @property
    def share(self) -> float | None:
        """How much of the file has been read, 0 to 1; None of what has no size, as a pipe."""
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode):
            return None
        return min(self._read_bytes / status.st_size, 1.0) if status.st_size else 1.0

    def read(self, size: int) -> bytes:
        """At most the next `size` bytes; waits for the first; empty at the end."""
        self._before_read()
        try:
            data = os.read(self._fd, size)
        except OSError as error:
            raise CaptureFileError(
                f"it can no longer be read ({error.strerror}). What came before was read."
            ) from error
        self._read_bytes += len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _refuse(self, status: os.stat_result) -> None:
        kind = REFUSED_KINDS.get(stat.S_IFMT(status.st_mode))
        if kind is not None:
            raise UsageError(f"{self.name} is {kind}, not a capture file")
