"""Recordings one after the other, as a front end sees them: one MonitorView, one log of segments."""

from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.monitor.snapshot import Detail, Snapshot
from tcpwatch.tcp.event import Event


class RecordedPlaylist:
    """The recording being played. Its segments are numbered on from those of the one before, which have fallen out."""

    kill = None  # there is no socket

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        self.first = 0

    def change(self, recorded: Recorded) -> None:
        """Play another recording."""
        self.first, self.recorded = self.end, recorded

    @property
    def packets(self) -> "RecordedPlaylist":
        """Itself: the log of the recording being played."""
        return self

    @property
    def end(self) -> int:
        """One past the number of the newest segment."""
        return self.first + self.recorded.packets.end

    def slice(self, start: int, stop: int | None = None) -> tuple[int, list[Event]]:
        """The events numbered `start` to before `stop` of this recording, and the number of the first of them."""
        start = max(start, self.first)
        stop = None if stop is None else max(stop, start) - self.first
        _, events = self.recorded.packets.slice(start - self.first, stop)
        return start, events

    def snapshot(self) -> Snapshot:
        """The picture at the playhead's moment."""
        return self.recorded.snapshot()

    def detail(self, ends: bytes, key: int | None = None) -> Detail | None:
        """All that is known until now of the connection with these ends."""
        return self.recorded.detail(ends, key)

    def now_ns(self) -> int:
        """The playhead's moment."""
        return self.recorded.now_ns()

    def stop(self) -> None:
        """Nothing runs."""
        self.recorded.stop()
