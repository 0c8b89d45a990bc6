"""A file that is read while it is looked at; the rest comes when a test lets it."""

from collections.abc import Iterator
from threading import Event as Flag

import pytest

from tcpwatch.errors import CaptureFileError
from tcpwatch.monitor.replay.capture_file import IDLE_NS, Recorded
from tcpwatch.monitor.replay.reading import StoppedError
from tcpwatch.monitor.replay.tracker import ReplayTracker
from tcpwatch.tcp.event import Event
from tests.monitor.replaying import CONVERSATION, Clock, events_of

PATIENCE_S = 10


class Writer:
    """Writes the conversation into a pipe, as far as it is told to."""

    def __init__(self, end: Exception | None = None) -> None:
        self.tracker = ReplayTracker()
        self.clock = Clock()
        self._end = end
        self._reached: dict[int, Flag] = {number: Flag() for number in range(9)}
        self._allowed: dict[int, Flag] = {number: Flag() for number in range(9)}

    def events(self) -> Iterator[Event]:
        for number, event in enumerate(events_of(CONVERSATION, self.tracker)):
            self._wait(number)
            yield event
        self._wait(7)
        if self._end:
            raise self._end

    def allow(self, segments: int) -> None:
        """Write so many, and come back when they have been taken in."""
        for number in range(segments):
            self._allowed[number].set()
        assert self._reached[segments].wait(PATIENCE_S)
        self.clock.advance(IDLE_NS)

    def _wait(self, number: int) -> None:
        self._reached[number].set()
        assert self._allowed[number].wait(PATIENCE_S)


def opened(writer: Writer, share: float | None = None, limit: int = 100) -> Recorded:
    """The dashboard's view after the first segment."""
    writer._allowed[0].set()
    return Recorded(
        "pipe", writer.events(), writer.tracker, writer.clock, limit=limit, at_once_ns=0, share=lambda: share
    )


def end(writer: Writer, recorded: Recorded) -> None:
    for flag in writer._allowed.values():
        flag.set()
    thread = recorded._reading._thread
    assert thread is not None
    thread.join(PATIENCE_S)


def test_picture_follows_what_is_read_and_says_how_far_it_is() -> None:
    writer = Writer()
    file = opened(writer, share=0.434)
    first = file.snapshot()
    assert (first.captured, len(first.connections), file.reads) == (1, 1, True)
    assert first.sources[-1].message == "read 43 %: 1 connection so far"
    writer.allow(3)
    second = file.snapshot()
    assert (second.captured, file.packets.end, file.playhead.position) == (3, 3, 3)
    assert [row.row.state for row in second.connections] == ["ESTABLISHED", "ESTABLISHED"]
    assert file.snapshot() is second
    writer.allow(7)
    end(writer, file)
    last = file.snapshot()
    assert (last.captured, file.reads, file.playhead.grows, len(last.sources)) == (7, False, False, 1)


def test_more_is_not_taken_in_before_its_time() -> None:
    writer = Writer()
    file = opened(writer)
    first = file.snapshot()
    writer.allow(3)
    writer.clock.now_ns -= IDLE_NS * 1_000_000
    writer.clock.advance(1)
    assert file.snapshot() is first
    file.playhead.seek(0)
    assert (file.snapshot().captured, file.snapshot().connections) == (1, ())
    file.stop()


def test_playhead_that_was_moved_stays_while_more_is_read() -> None:
    writer = Writer()
    file = opened(writer)
    file.snapshot()
    writer.allow(4)
    file.snapshot()
    file.playhead.seek(2)
    before = file.snapshot()
    writer.allow(6)
    after = file.snapshot()
    assert (file.playhead.position, file.playhead.end, after.captured) == (2, 6, 6)
    assert after.connections is before.connections
    assert after.sources[-1].message == "reading on: 1 connection so far"
    file.playhead.seek(99)
    assert file.playhead.position == 6
    file.stop()


def test_damage_is_said_when_it_is_come_to() -> None:
    damage = CaptureFileError("record 8 claims too much")
    writer = Writer(damage)
    file = opened(writer)
    file.snapshot()
    writer.allow(7)
    assert (file.snapshot().captured, file.damage) == (7, None)
    end(writer, file)
    assert [source.message for source in file.snapshot().sources if not source.working] == [f"damaged: {damage}"]
    assert file.damage is damage


def test_failure_of_the_thread_is_said() -> None:
    writer = Writer(ValueError("no such thing"))
    file = opened(writer)
    file.snapshot()
    writer.allow(7)
    end(writer, file)
    assert "no such thing" in file.snapshot().sources[-1].message
    assert not file.reads


def test_segments_past_the_limit_are_counted_as_they_come() -> None:
    writer = Writer()
    file = opened(writer, limit=2)
    file.snapshot()
    writer.allow(5)
    assert (file.snapshot().captured, file.snapshot().dropped) == (2, 3)
    file.stop()


def test_file_that_is_stopped_reads_no_more() -> None:
    writer = Writer()
    file = opened(writer)
    file.check()
    file.snapshot()
    writer.allow(2)
    file.stop()
    with pytest.raises(StoppedError):
        file.check()
    end(writer, file)
    assert file.snapshot().captured == 3


def test_all_that_is_read_in_parts_equals_what_is_read_at_once() -> None:
    writer = Writer()
    parts = opened(writer)
    parts.snapshot()
    for segments in range(1, 8):
        writer.allow(segments)
        parts.snapshot()
    end(writer, parts)
    tracker = ReplayTracker()
    whole = Recorded("pipe", events_of(CONVERSATION, tracker), tracker, Clock())
    assert parts.snapshot() == whole.snapshot()
    ends = whole.events[0].segment.ends
    assert parts.detail(ends) == whole.detail(ends)
