"""Keeps the last frames of a capture, so that they can be written to a file when it is over.

Rule: bounded in frames and in bytes; the oldest fall out and are counted. Frames pass as they are.
"""

from collections import deque
from collections.abc import Sequence

from tcpwatch.capture.frame import Frame, FrameSource, Statistics

MOST_FRAMES = 50_000
MOST_BYTES = 64 << 20


class LastFrames:
    """Frames with the name of their interface, oldest first; `fallen_out` of them are no longer there."""

    def __init__(self, most_frames: int = MOST_FRAMES, most_bytes: int = MOST_BYTES) -> None:
        self.fallen_out = 0
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._bytes = 0
        self._frames: deque[tuple[str, Frame]] = deque()

    def add(self, interface: str, frames: Sequence[Frame]) -> None:
        """Append; let the oldest go where there are too many."""
        self._frames.extend((interface, frame) for frame in frames)
        self._bytes += sum(len(frame[2]) for frame in frames)
        while self._frames and (len(self._frames) > self._most_frames or self._bytes > self._most_bytes):
            _, oldest = self._frames.popleft()
            self._bytes -= len(oldest[2])
            self.fallen_out += 1

    def all(self) -> Sequence[tuple[str, Frame]]:
        """What is kept now."""
        return tuple(self._frames)


class KeptSource:
    """A source whose last frames are kept. It is in all a FrameSource."""

    def __init__(self, source: FrameSource, last: LastFrames) -> None:
        self._source = source
        self._last = last

    @property
    def name(self) -> str:
        """The current name of the interface."""
        return self._source.name

    @property
    def link_type(self) -> int | None:
        """The link type of its frames; None where only they will tell."""
        return self._source.link_type

    @property
    def working(self) -> bool:
        """Whether frames can arrive."""
        return self._source.working

    @property
    def message(self) -> str:
        """The state as a sentence."""
        return self._source.message

    def frames(self, timeout_ms: int) -> Sequence[Frame]:
        """The next frames, which are kept as well."""
        frames = self._source.frames(timeout_ms)
        self._last.add(self._source.name, frames)
        return frames

    def statistics(self) -> Statistics:
        """Totals since the source was opened."""
        return self._source.statistics()

    def close(self) -> None:
        """End the capture."""
        self._source.close()
