"""The capture thread: frames -> segments -> flows, steps and the packet log; and what stands in for it."""

import time
from collections.abc import Callable, Container, Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Event as Flag
from threading import Lock, Thread

from tcpwatch.capture.frame import POLL_MS, FrameSource
from tcpwatch.capture.recording import Recording
from tcpwatch.kernel.rtnetlink.links import Links
from tcpwatch.monitor.icmp_errors import NO_ICMP_ERRORS, IcmpErrorLog, IcmpErrors
from tcpwatch.monitor.interruptions import Interruptions
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.text.quantity import counted
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.icmp import read_icmp_error
from tcpwatch.wire.origin import mark_links

LINGER_NS = 120_000_000_000  # nf_conntrack_tcp_timeout_time_wait


class Wiretap:
    """Owns a frame source and the tracker behind it. Flows may be read only under `lock`."""

    def __init__(
        self,
        source: FrameSource,
        log: PacketLog,
        recording: Recording | None = None,
        clock: Callable[[], int] = time.time_ns,
        links: Links | None = None,
    ) -> None:
        """`clock` is the wall clock's, in nanoseconds; `links` are those of all interfaces that are captured on."""
        self._source = source
        self._clock = clock
        self._links = links
        self._first_name = source.name
        self._interruptions = Interruptions(source.working, source.message, source.name, clock())
        self._recording = recording
        self.lock: AbstractContextManager[object] = Lock()
        self.failure: str | None = None
        self._log = log
        self._decoder = Decoder()
        self._tracker = FlowTracker()
        self._icmp_errors = IcmpErrorLog()
        self._frames = 0
        self._expired_ns = 0
        self._stop = Flag()
        self._thread = Thread(target=self._run, name="tcpwatch-capture", daemon=True)

    def start(self) -> None:
        """Begin to read frames."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the source."""
        self._stop.set()
        end_ns = self._clock()
        if self._thread.is_alive():
            self._thread.join(timeout=2)
        if self._recording is not None and self.failure is None and not self._thread.is_alive():
            self._recording.take_last(self._source, end_ns)
        counts = self._source.statistics() if self._recording is not None else None
        self._source.close()
        if self._links is not None:
            self._links.close()
        if self._recording is not None:
            self._recording.close(counts)

    @property
    def recording_failure(self) -> str | None:
        """Why the recording that was asked for is not whole; None if it is, or none was asked for."""
        return self._recording.failure if self._recording is not None else None

    def statuses(self) -> tuple[SourceStatus, ...]:
        """Whether packets are captured, and recorded where that was asked for."""
        working = self.failure is None and self._source.working
        interruptions = self._interruptions
        packets = SourceStatus(
            "packets",
            working,
            self.failure or self._source.message,
            since_ns=interruptions.since_ns if not working else None,
            interruptions=interruptions.all,
            left_out=left_out(self._tracker),
            place=self._source.name if self._source.name != self._first_name else None,
        )
        if self._recording is None:
            return (packets,)
        return (packets, self._recording_status(self._recording))

    def _recording_status(self, recording: Recording) -> SourceStatus:
        if recording.failure is None:
            return SourceStatus("recording", True, recording.message)
        stopped = f"stopped: {recording.reason}"
        return SourceStatus("recording", False, recording.message, partly=stopped, since_ns=recording.failed_ns)

    def statistics(self) -> tuple[int, int]:
        """How many frames were captured, and how many the kernel dropped."""
        return self._source.statistics()

    @property
    def icmp_errors(self) -> Mapping[bytes, IcmpErrors]:
        """What ICMP said about segments, by the ends of what their sender sent."""
        return self._icmp_errors.by_ends

    def find(self, ends: bytes, link: int = 0) -> tuple[Flow, int] | None:
        """The newest flow between these ends, and which side comes first in `ends`. Call it under `lock`.

        Where several links have these ends, that of the interface with the number `link`.
        """
        return self._tracker.flow(ends, link)

    def newest_segs(self, count: int) -> list[tuple[bytes, int, int]]:
        """Of the flows that began last: its ends, and how many segments either sent. It takes `lock`."""
        with self.lock:
            return [(flow.ends, flow.streams[0].segs, flow.streams[1].segs) for flow in self._tracker.newest(count)]

    def flows(self) -> list[Flow]:
        """All flows that are known, oldest first. Call it under `lock`, or once it is stopped."""
        return list(self._tracker.flows())

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.receive()
        except Exception as error:  # the thread's last words reach the screen
            self.failure = f"capture stopped: {error}"
            self._look(working=False, message=self.failure)

    def receive(self) -> None:
        """Read what frames there are, waiting a moment for the first, and publish what they mean."""
        decode, begin = self._decoder.decode, self._frames + 1
        source, recording = self._source, self._recording
        frames = source.frames(POLL_MS) if recording is None else recording.take(source, POLL_MS)
        self._frames += len(frames)
        segments = [
            decode(number, time_ns, link_type, data, wire_length)
            for number, (time_ns, link_type, data, wire_length) in enumerate(frames, begin)
        ]
        if not all(segments):
            others = (frame for frame, segment in zip(frames, segments, strict=True) if segment is None)
            self._icmp_errors.extend([error for frame in others if (error := read_icmp_error(*frame)) is not None])
        mark_links(frames, segments)
        with self.lock:
            events = self._tracker.receive_segments(segments)
        if events:
            self._log.extend(events)
        self._look(self._source.working, self._source.message)

    def _look(self, working: bool, message: str) -> None:
        end, now_ns = self._log.end, self._clock()
        self._interruptions.look(working, message, self._source.name, end, now_ns)
        if self._links is not None and (changes := self._links.read()):
            self._interruptions.look_at_links(changes, end, now_ns)

    def expire(self, living: Container[bytes], now_ns: int) -> None:
        """Forget what is over once no late segment can belong to it, none of its own is in the log, and no socket.

        `living` are the ends of sockets; `now_ns` is the wall clock's. Once in LINGER_NS at most.
        """
        _, oldest = self._log.slice(self._log.first, self._log.first + 1)
        if oldest and now_ns - self._expired_ns >= LINGER_NS:
            self._expired_ns = now_ns
            with self.lock:
                self._tracker.expire(min(now_ns - LINGER_NS, oldest[0].segment.time_ns), living)


def left_out(tracker: FlowTracker) -> tuple[str, ...]:
    """What of the packets is not shown, and of which connections the flow was forgotten, in words."""
    copies, forgotten = tracker.copies, tracker.evicted
    words = [counted(copies, "copy")] if copies else []
    return tuple([*words, f"{counted(forgotten, 'flow')} forgotten"] if forgotten else words)


class NoWiretap:
    """Stands where nothing is captured; `status` is the reason, in words."""

    def __init__(self, status: SourceStatus) -> None:
        self.status = status
        self.lock: AbstractContextManager[object] = nullcontext()

    def start(self) -> None:
        """There is no thread."""

    recording_failure = None
    icmp_errors = NO_ICMP_ERRORS

    def stop(self) -> None:
        """There is nothing to close."""

    def statuses(self) -> tuple[SourceStatus, ...]:
        """Why nothing is captured."""
        return (self.status,)

    def statistics(self) -> tuple[int, int]:
        """No frame, and none dropped."""
        return 0, 0

    def find(self, ends: bytes, link: int = 0) -> tuple[Flow, int] | None:
        """No flow is known."""

    def newest_segs(self, count: int) -> list[tuple[bytes, int, int]]:
        """No flow is known."""
        return []

    def flows(self) -> list[Flow]:
        """There is none."""
        return []

    def expire(self, living: Container[bytes], now_ns: int) -> None:
        """There is nothing to forget."""
