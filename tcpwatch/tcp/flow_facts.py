"""What the wire showed of a connection, frozen: a flow seen from one of its ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.reset_origin import ResetOrigin
from tcpwatch.tcp.state import State


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """What the wire showed of a connection, the local end's view first where there is a socket.

    `reset_origin` says who sent the RST that came from there; None where none came.
    """

    stream: int
    initiator_is_here: bool
    here_state: State
    there_state: State
    opened: str
    closed: str | None
    closed_by_here: bool | None
    handshake_rtt_ns: int | None
    first_ns: int
    last_ns: int
    segs: tuple[int, int]
    retrans_segs: tuple[int, int]
    analysis: Mapping[str, int]
    reset_origin: ResetOrigin | None = None

    @classmethod
    def of(cls, flow: Flow, side: int) -> Self:
        """The flow as it is now, with the end of `side` as the one that is here."""
        here, there = flow.streams[side], flow.streams[1 - side]
        return cls(
            stream=flow.stream,
            initiator_is_here=side == 0,
            here_state=flow.state(side),
            there_state=flow.state(1 - side),
            opened=flow.opened,
            closed=flow.closed,
            closed_by_here=None if flow.closed_by is None else flow.closed_by == side,
            handshake_rtt_ns=flow.handshake_rtt_ns,
            first_ns=flow.first_ns,
            last_ns=flow.last_ns,
            segs=(here.segs, there.segs),
            retrans_segs=(here.retrans_segs, there.retrans_segs),
            analysis=dict(flow.analysis),
            reset_origin=there.reset_origin,
        )
