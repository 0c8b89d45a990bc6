"""What the tracker says of one segment."""

from dataclasses import dataclass
from enum import StrEnum

from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import Segment


class Step(StrEnum):
    """A step of the opening, of the closing, or the abrupt end of a connection."""

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
    """What a segment means, apart from its numbers: the same object for all of which there is no more to say.

    The states are those after the segment: its sender's, its receiver's. `note` says in words what is unusual ("RST
    outside the window: ignored", "simultaneous open"), None ordinarily.
    """

    src_state: State
    dst_state: State
    step: Step | None = None
    analysis: tuple[str, ...] = ()
    note: str | None = None
    app: str | None = None


@dataclass(slots=True)
class Event:
    """A segment with its meaning. Written once by the tracker; shared between threads and never changed after that.

    `side` is 0 where the flow's initiator sent the segment, 1 where its responder did. `seq` and `ack` are relative as
    Wireshark shows them. `window` is in bytes where `scaled`, else the raw field. `rtt_ns` is the round trip of the
    segment that this one acknowledges to its end; `in_flight`, of a segment with data, is the bytes not acknowledged
    after it.
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
        """The step of the opening or the closing that the segment is."""
        return self.meaning.step

    @property
    def analysis(self) -> tuple[str, ...]:
        """Wireshark's words for the segment."""
        return self.meaning.analysis

    @property
    def note(self) -> str | None:
        """What is unusual, in words."""
        return self.meaning.note

    @property
    def app(self) -> str | None:
        """What the payload begins."""
        return self.meaning.app
