"""A capture file in memory, its clock in a test's hand."""

from collections.abc import Iterable, Iterator

from tcpwatch.capture.frame import Frame
from tcpwatch.errors import CaptureFileError
from tcpwatch.monitor.replay.capture_file import SEGMENT_LIMIT, Recorded
from tcpwatch.monitor.replay.tracker import ReplayTracker
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.segment import ACK, FIN
from tests.monitor.conversation import CLIENT_ISN, HALF_CLOSE, HANDSHAKE, MS, SERVER_ISN, to_client, to_server

CONVERSATION = (
    *HANDSHAKE,
    *HALF_CLOSE,
    to_client(9 * MS, FIN | ACK, SERVER_ISN + 1, CLIENT_ISN + 2),
    to_server(10 * MS, ACK, CLIENT_ISN + 2, SERVER_ISN + 2),
)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_ns = 77

    def __call__(self) -> int:
        return self.now_ns

    def advance(self, ms: float) -> None:
        self.now_ns += int(ms * MS)


def events_of(frames: Iterable[Frame], tracker: FlowTracker, damage: CaptureFileError | None = None) -> Iterator[Event]:
    """What the frames mean; then the damage, if there is any."""
    decoder = Decoder()
    for number, (time_ns, link_type, data, wire_length) in enumerate(frames, 1):
        segment = decoder.decode(number, time_ns, link_type, data, wire_length)
        assert segment is not None
        yield tracker.receive_segment(segment)
    if damage:
        raise damage


def recorded(
    *frames: Frame, clock: Clock | None = None, limit: int = SEGMENT_LIMIT, damage: CaptureFileError | None = None
) -> Recorded:
    tracker = ReplayTracker()
    return Recorded("talk.pcapng", events_of(frames, tracker, damage), tracker, clock or Clock(), limit)
