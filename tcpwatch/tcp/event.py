"""What the tracker derives from one segment."""

from dataclasses import dataclass
from enum import StrEnum

from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import Segment


class Step(StrEnum):
    """A step of the opening or closing of a connection, or a reset."""

    SYN = "1/3 SYN"
    SYN_ACK = "2/3 SYN-ACK"
    HANDSHAKE_ACK = "3/3 ACK"
    FIN = "1/4 FIN"
    FIN_ACKED = "2/4 ACK"
    PEER_FIN = "3/4 FIN"
    PEER_FIN_ACKED = "4/4 ACK"
    FIN_ACK = "2+3/4 FIN-ACK"
    RST = "RST"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a segment apart from its numbers. Ordinary segments share one object per pair of states.

    `src_state` and `dst_state` are the states of sender and receiver after the segment. `note` describes anything
    unusual ("RST outside the window: ignored", "simultaneous open"); normally None.
    """

    src_state: State
    dst_state: State
    step: Step | None = None
    analysis: tuple[str, ...] = ()
    note: str | None = None
    app: str | None = None


@dataclass(slots=True)
class Event:
    """A segment with its meaning. Threads share it, so it is never changed after creation.

    `side` is 0 if the flow's initiator sent the segment, 1 if its responder did. `seq` and `ack` are relative, as in
    Wireshark. `window` is in bytes if `scaled`, else the raw field. `rtt_ns` is the round-trip time of the segment
    whose last byte this one acknowledges. `in_flight` (only with data) is the unacknowledged bytes after this segment.
    """

    segment: Segment
    stream: int
    side: int
    seq: int
    ack: int
    window: int
    scaled: bool
    meaning: Meaning
    rtt_ns: int | None = None
    in_flight: int | None = None

    @property
    def src_state(self) -> State:
        """The state of the segment's sender after it."""
        return self.meaning.src_state

    @property
    def dst_state(self) -> State:
        """The state of the segment's receiver after it."""
        return self.meaning.dst_state

    @property
    def step(self) -> Step | None:
        """The step of the opening or closing."""
        return self.meaning.step

    @property
    def analysis(self) -> tuple[str, ...]:
        """Wireshark's words for the segment."""
        return self.meaning.analysis

    @property
    def note(self) -> str | None:
        """What is unusual about the segment."""
        return self.meaning.note

    @property
    def app(self) -> str | None:
        """A description of the beginning of the payload."""
        return self.meaning.app
