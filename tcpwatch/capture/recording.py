"""Frames -> a new pcapng file that is valid at every moment.

Rule: the file is always new; symbolic links are not followed and nothing is overwritten. It is made by the user who
called sudo, with that user's rights, and only that user may read it. Only complete blocks are written: on a full disk
the file ends with the last block that fits, the recording reports that it stopped, and the capture continues. A disk
that is full at the start is refused then. The end of the file tells how many frames the kernel dropped. What
happened to the interface stands as a comment on the frame that came next, or at the end.
"""

import os
import time
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import accumulate

from tcpwatch.capture.frame import Frame, FrameSource, Statistics
from tcpwatch.errors import RecordingError, UsageError
from tcpwatch.system.invoking_user import as_invoking_user, denied_to
from tcpwatch.text.clean import clean
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.text.quantity import counted
from tcpwatch.wire.files.capture_file import PcapngWriter
from tcpwatch.wire.link import LINKTYPE_ETHERNET

CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
MODE = 0o600
FLUSH_BYTES = 1 << 18
KEPT_REMARKS = 200  # of an interface that flaps, the newest
LAST_WAIT_MS = 100  # a ring keeps its newest frames to itself for 50 ms
LAST_BATCHES = 100  # more than a ring has blocks, should the clock go back


class Recording:
    """Records frames; only one thread may write. `failure` is why it stopped, None while it runs."""

    def __init__(self, name: str, interface: str = "", link_type: int | None = None) -> None:
        """Frames of `interface` with this link type are expected; None where only they will tell.

        Raises UsageError if the name already exists or the file cannot be created, RecordingError if nothing can be
        written to it.
        """
        self.name = clean(name)
        self.frames = 0
        self.failure: str | None = None
        self.failed_ns: int | None = None  # wall clock
        self._said: str | None = None  # by the source, of itself
        self._remarks: deque[str] = deque(maxlen=KEPT_REMARKS)
        self._blocks = Blocks()
        self._writer = PcapngWriter(self._blocks)
        self._file_bytes = 0
        self.reason = ""  # of the failure, as the system words it
        try:
            with as_invoking_user():
                self._fd = os.open(name, CREATE, MODE)
        except FileExistsError as error:
            raise UsageError(
                f"{self.name} is there already and will not be overwritten: choose another name"
            ) from error
        except (OSError, ValueError) as error:
            raise UsageError(f"{self.name} cannot be made: {denied_to(error)}") from error
        if link_type is not None:
            self._writer.declare(interface, link_type)
        if not self.flush():
            self.close()
            with as_invoking_user():
                os.unlink(name)
            raise RecordingError(f"nothing can be recorded in {self.name}: {self.reason}")

    @property
    def message(self) -> str:
        """The state as a sentence."""
        return self.failure or f"{counted(self.frames, 'frame')} recorded in {self.name}"

    def write(self, interface: str, frames: Iterable[Frame]) -> None:
        """Append frames of an interface and write them to the file; the name of an unknown interface is empty."""
        for frame in frames:
            self.add(interface, frame)
        self.flush()

    def add(self, interface: str, frame: Frame) -> None:
        """Append one frame; it may stay in memory until the next `flush`."""
        if self.failure is not None:
            return
        time_ns, link_type, data, wire_length = frame
        self._writer.write(
            interface, link_type, time_ns, data, wire_length, self._take_remarks() if self._remarks else ""
        )
        self.frames += 1
        if self._blocks.size >= FLUSH_BYTES:
            self.flush()

    def take(self, source: FrameSource, timeout_ms: int) -> Sequence[Frame]:
        """The next frames of a source, which are in the file already."""
        before = source.message if self._said is None else self._said
        frames = source.frames(timeout_ms)
        self._said = source.message
        if self._said != before:
            moment = datetime.fromtimestamp(time.time_ns() // SECOND_NS, UTC)
            self._remarks.append(f"{moment:%Y-%m-%d %H:%M:%S} UTC: {self._said}")
        self.write(source.name, frames)
        return frames

    def take_last(self, source: FrameSource, end_ns: int) -> None:
        """Record what was captured until `end_ns` on the wall clock, when the capture was told to end."""
        for _ in range(LAST_BATCHES):
            frames = self.take(source, LAST_WAIT_MS)
            if not frames or frames[-1][0] > end_ns:
                return

    def flush(self) -> bool:
        """Write all waiting blocks to the file; whether the file is whole."""
        blocks = self._blocks.take()
        if self.failure is not None:
            return False
        data, written = b"".join(blocks), 0
        try:
            while written < len(data):
                written += os.write(self._fd, data[written:])
        except OSError as error:
            self.reason = error.strerror or str(error)
            self.failure = f"recording stopped ({self.reason}): {self.name} is whole up to there"
            self.failed_ns = time.time_ns()
            written = max((end for end in accumulate(map(len, blocks)) if end <= written), default=0)
            os.ftruncate(self._fd, self._file_bytes + written)
        self._file_bytes += written
        return self.failure is None

    def close(self, counts: Statistics | None = None) -> None:
        """Flush and close the file, with the `counts` of the capture where there was one. May be called twice."""
        if self._fd >= 0:
            if not self._writer.has_interface:
                self._writer.declare("", LINKTYPE_ETHERNET)
            if counts is not None:
                self._writer.write_statistics(time.time_ns(), counts.received, counts.dropped, self._take_remarks())
            self.flush()
            os.close(self._fd)
            self._fd = -1

    def _take_remarks(self) -> str:
        remarks = "; ".join(self._remarks)
        self._remarks.clear()
        return remarks


class Blocks:
    """Blocks that are not yet written to the file."""

    def __init__(self) -> None:
        self.size = 0
        self._waiting: list[bytes] = []

    def write(self, block: bytes, /) -> None:
        """Add a block."""
        self._waiting.append(block)
        self.size += len(block)

    def take(self) -> list[bytes]:
        """Remove and return all blocks."""
        taken, self._waiting, self.size = self._waiting, [], 0
        return taken
