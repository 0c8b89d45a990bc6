"""The capture thread: frames -> segments -> flows, steps and the packet log."""

from collections.abc import Container
from threading import Event as Flag
from threading import Lock, Thread

from tcpwatch.capture.frame import FrameSource
from tcpwatch.capture.recording import Recording
from tcpwatch.monitor.packet_log import PacketLog
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.decode import Decoder

POLL_MS = 100
LINGER_NS = 120_000_000_000  # nf_conntrack_tcp_timeout_time_wait


class Wiretap:
    """Owns a frame source and the tracker behind it. Flows may be read only under `lock`."""

    def __init__(
        self,
        source: FrameSource,
        log: PacketLog,
        recording: Recording | None = None,
    ) -> None:
        self.source = source
        self.recording = recording
        self.lock = Lock()
        self.failure: str | None = None
        self._log = log
        self._decoder = Decoder()
        self._tracker = FlowTracker()
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
        if self._thread.is_alive():
            self._thread.join(timeout=2)
        self.source.close()
        if self.recording is not None:
            self.recording.close()

    def find(self, ends: bytes) -> tuple[Flow, int] | None:
        """The newest flow between these ends, and which side comes first in `ends`. Call it under `lock`."""
        return self._tracker.flow(ends)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.receive()
        except Exception as error:  # the thread's last words reach the screen
            self.failure = f"capture stopped: {error}"

    def receive(self) -> None:
        """Read what frames there are, waiting a moment for the first, and publish what they mean."""
        events = []
        decode = self._decoder.decode
        track = self._tracker.receive_segment
        frames = self.source.frames(POLL_MS)
        if self.recording is not None:
            self.recording.write(self.source.name, frames)
        with self.lock:
            for time_ns, link_type, data, wire_length in frames:
                self._frames += 1
                segment = decode(self._frames, time_ns, link_type, data, wire_length)
                if segment is not None:
                    events.append(track(segment))
        if events:
            self._log.extend(events)

    def expire(self, living: Container[bytes], now_ns: int) -> None:
        """Forget what is over once no late segment can belong to it, none of its own is in the log, and no socket.

        `living` are the ends of sockets; `now_ns` is the wall clock's. Once in LINGER_NS at most.
        """
        _, oldest = self._log.slice(self._log.first, self._log.first + 1)
        if oldest and now_ns - self._expired_ns >= LINGER_NS:
            self._expired_ns = now_ns
            with self.lock:
                self._tracker.expire(min(now_ns - LINGER_NS, oldest[0].segment.time_ns), living)
