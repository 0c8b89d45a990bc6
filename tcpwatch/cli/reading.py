"""Segments for the headless commands, with their meaning: from a capture file or from an interface, in one way.

Law of the room: what needs a privilege is opened first, the file to write included; then the privilege goes, and only
then is the first frame read.
"""

import gc
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from itertools import chain, islice
from types import FrameType
from typing import Protocol, Self

from tcpwatch.capture.frame import POLL_MS, Frame, FrameSource, Statistics
from tcpwatch.capture.recording import Recording
from tcpwatch.capture.replay import CaptureFile
from tcpwatch.cli.losses import Losses
from tcpwatch.cli.options import FrameOptions
from tcpwatch.cli.sources import give_up_privileges, open_frames, open_recording
from tcpwatch.cli.streams import say
from tcpwatch.errors import RecordingError
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.text.quantity import counted
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.files.record import one_by_one
from tcpwatch.wire.origin import mark_links
from tcpwatch.wire.segment import Segment

LONGEST_UNSEEN_NS = 100_000_000  # how long what is worked out may wait for its reader
# A full collection goes through every flow that is held: a tenth of a second in which the ring fills. Little is made
# in cycles here, so it is looked for seldom.
LIVE_GC_THRESHOLDS = (50_000, 20, 20)
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
INTERRUPTIONS = (*ENDING_SIGNALS, signal.SIGINT)

BeforeWait = Callable[[], None]
OnLoss = Callable[[int], None]
"""Told how many frames the kernel has dropped, before the next event is given."""


class Input(Protocol):
    """Where frames come from; `interface` is a name to record them under."""

    @property
    def interface(self) -> str:
        """The interface's name; empty where it is not known."""

    @property
    def counts(self) -> Statistics | None:
        """What was captured and dropped, once it is closed; None for a file."""

    def batches(self) -> Iterator[Sequence[Frame]]:
        """Every frame, oldest first, as many at a time as come at once."""

    def close(self) -> None:
        """End it."""


class Live:
    """The frames of an interface, without end."""

    def __init__(self, source: FrameSource, before_wait: BeforeWait, clock: Callable[[], int], on_loss: OnLoss) -> None:
        self._on_loss = on_loss
        self.counts: Statistics | None = None
        self.recording: Recording | None = None  # of all that comes
        self._began = False
        self._source = source
        self._before_wait = before_wait
        self._message = source.message
        self.losses = Losses(source.statistics, clock)
        say(source.message)

    @property
    def interface(self) -> str:
        """The interface's name now."""
        return self._source.name

    def batches(self) -> Iterator[Sequence[Frame]]:
        """Frames as they come."""
        self._began = True
        while True:
            self._before_wait()
            frames = self._source.frames(POLL_MS) if self.recording is None else self._recorded(self.recording)
            if loss := self.losses.look():
                say(loss)
                self._on_loss(self.losses.newest)
            if self._source.message != self._message:
                self._message = self._source.message
                say(self._message)
            yield frames

    def _recorded(self, recording: Recording) -> Sequence[Frame]:
        """The next frames: a signal comes before they are taken, or once they are recorded."""
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTIONS)
        try:
            return recording.take(self._source, POLL_MS)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def close(self) -> None:
        """End the capture, and write its counts to stderr."""
        if self.recording is not None:
            self.recording.take_last(self._source, time.time_ns())
        if self._began:
            self.losses.look(at_once=True)
        self.counts = received, dropped = self._source.statistics()
        self._source.close()
        why = f" ({reasons})" if (reasons := self.losses.reasons) else ""
        say(f"{counted(received, 'frame')} captured, {dropped:,} dropped by the kernel{why}")


class Reading:
    """One pass over the frames. `before_wait` is called whenever the next one may be late."""

    def __init__(
        self,
        options: FrameOptions,
        tracker: FlowTracker,
        before_wait: BeforeWait,
        passes: Callable[[Event], bool] | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        on_loss: OnLoss = lambda frames: None,
        on_unread: Callable[[Sequence[tuple[int, Frame]]], None] | None = None,
    ) -> None:
        """Only events that pass are given (None: all); `on_unread` gets the frames without a segment, numbered.

        Raises what opening a file or a capture raises.
        """
        self._on_unread = on_unread
        self._clock = clock
        self._handed_over_ns = clock()
        self._writing: Callable[[], AbstractContextManager[None]] = nullcontext
        self._tracker = tracker
        self._passes = passes
        self._decoder = Decoder()
        self._before_wait = before_wait
        self.frames = 0  # that have been read
        self._told_failure = False  # of the recording
        self._remarks: Counter[str] = Counter()  # on the file
        self._count = options.max_segs
        self._ports = frozenset(port.to_bytes(2) for port in options.ports)
        with ExitStack() as opened:
            self._input: Input
            if options.read is not None:
                self._input = file = CaptureFile(options.read, self._hand_over)
                self._remarks = file.remarks
                gc.disable()  # nothing on the way makes cycles, and looking for them costs a tenth of the time
                opened.callback(gc.enable)
                source = None
            else:
                source = open_frames(options)
                self._input = live = Live(source, self._hand_over, clock, on_loss)
                self._writing = live.losses.writing
                opened.callback(gc.set_threshold, *gc.get_threshold())
                gc.set_threshold(*LIVE_GC_THRESHOLDS)
            opened.callback(self._input.close)
            self._recording = open_recording(options.write, source)
            self._records_each = options.read is not None or options.max_segs is not None
            if not self._records_each:
                live.recording = self._recording
            give_up_privileges()
            for number in ENDING_SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                    opened.callback(signal.signal, number, signal.signal(number, _end))
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Raises RecordingError where nothing else has gone wrong but the recording."""
        self._opened.close()
        if copies := self._tracker.copies:
            say(f"{counted(copies, 'copy')} left out: more than one interface saw the same segment")
        if evicted := (tracker := self._tracker).evicted:
            say(
                f"{counted(evicted, 'connection')} let go of before the end, {tracker.evicted_open:,} of them"
                f" not over: {tracker.limit:,} can be followed at a time"
            )
        for remark, count in self._remarks.items():
            say(f"{remark}: {count:,}")
        if self._decoder.skipped:
            reasons = ", ".join(f"{reason} {count:,}" for reason, count in self._decoder.skipped.most_common())
            say(f"frames without a segment to show: {reasons}")
        if self._recording is not None:
            self._recording.close(self._input.counts)
            if self._recording.failure is not None and kind is None:
                raise RecordingError(self._recording.failure)
            say(self._recording.message)

    @property
    def share(self) -> float | None:
        """How much of a file has been read, 0 to 1; None where that cannot be known."""
        return self._input.share if isinstance(self._input, CaptureFile) else None

    def events(self) -> Iterator[Event]:
        """What each segment with one of the ports means, up to the count in the options.

        Their frames are recorded; without ports, all frames are.
        """
        batches = self._input.batches()
        if self._count is not None:  # one by one, so that nothing behind the last is recorded or changes a flow
            batches = chain.from_iterable(map(one_by_one, batches))
        return islice(chain.from_iterable(map(self._examine, batches)), self._count)

    def _examine(self, frames: Sequence[Frame]) -> list[Event]:
        """Each step for all of a batch at once: what it works with is at hand then, which saves a tenth of the time."""
        if self._clock() - self._handed_over_ns >= LONGEST_UNSEEN_NS:
            self._hand_over()
        decode, begin = self._decoder.decode, self.frames + 1
        self.frames += len(frames)
        segments = [
            decode(number, time_ns, link_type, data, wire_length)
            for number, (time_ns, link_type, data, wire_length) in enumerate(frames, begin)
        ]
        mark_links(frames, segments)
        if self._recording is not None and self._records_each:
            self._record(self._recording, frames, segments)
        events = self._tracker.receive_segments(segments)
        if self._on_unread is not None and not all(segments):
            pairs = enumerate(zip(frames, segments, strict=True), begin)
            self._on_unread([(number, frame) for number, (frame, one) in pairs if one is None])
        if self._ports:
            events = [event for event in events if self._has_port(event.segment)]
        return events if self._passes is None else list(filter(self._passes, events))

    def _record(self, recording: Recording, frames: Sequence[Frame], segments: Sequence[Segment | None]) -> None:
        for frame, segment in zip(frames, segments, strict=True):
            if not self._ports or (segment is not None and self._has_port(segment)):
                recording.add(self._input.interface, frame)

    def _has_port(self, segment: Segment) -> bool:
        return segment.ends[-2:] in self._ports or segment.ends[-4:-2] in self._ports

    def _hand_over(self) -> None:
        with self._writing():
            self._before_wait()
        self._handed_over_ns = self._clock()
        if self._recording is not None and not self._recording.flush() and not self._told_failure:
            self._told_failure = True
            say(self._recording.message)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
