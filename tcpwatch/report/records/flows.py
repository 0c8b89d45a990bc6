"""A connection as the wire showed it: the tracker's Flow is the record."""

from typing import NamedTuple

from tcpwatch.report.records.schema import Column, ColumnType, Schema
from tcpwatch.tcp.flow import ENDS, Flow
from tcpwatch.tcp.seqnum import wrap
from tcpwatch.tcp.state import State
from tcpwatch.tcp.stream import Stream
from tcpwatch.wire.segment import Endpoint, endpoints

INTEGER, BOOLEAN, TEXT = ColumnType.INTEGER, ColumnType.BOOLEAN, ColumnType.TEXT
OBJECT, JSON = ColumnType.OBJECT, ColumnType.JSON
MAX_IFINDEX = 2**31 - 1  # what is above was made of a header that has no number


class FlowEnd(NamedTuple):
    """The initiator or the responder, and what it sent."""

    endpoint: Endpoint
    state: State
    stream: Stream


def flow_end(flow: Flow, side: int) -> FlowEnd:
    """Side 0 is the initiator."""
    return FlowEnd(endpoints(flow.ends)[side], flow.state(side), flow.streams[side])


END_COLUMNS: tuple[Column[FlowEnd], ...] = (
    Column("ip", TEXT, lambda end: end.endpoint.ip),
    Column("port", INTEGER, lambda end: end.endpoint.port),
    Column("state", TEXT, lambda end: end.state),
    Column("isn", INTEGER, lambda end: None if end.stream.isn is None else wrap(end.stream.isn)),
    Column("bytes", INTEGER, lambda end: end.stream.payload_bytes),
    Column("segs", INTEGER, lambda end: end.stream.segs),
    Column("retrans_segs", INTEGER, lambda end: end.stream.retrans_segs),
    Column("fin", BOOLEAN, lambda end: end.stream.fin is not None),
    Column("rst", BOOLEAN, lambda end: end.stream.rst),
)

FLOWS: Schema[Flow] = Schema(
    "flows",
    (
        Column("stream", INTEGER, lambda flow: flow.stream),
        Column(ENDS[0], OBJECT, lambda flow: flow_end(flow, 0), END_COLUMNS),
        Column(ENDS[1], OBJECT, lambda flow: flow_end(flow, 1), END_COLUMNS),
        Column("completeness", INTEGER, lambda flow: flow.completeness),
        Column("opened", TEXT, lambda flow: flow.opened),
        Column("closed", TEXT, lambda flow: flow.closed),
        Column("closed_by", TEXT, lambda flow: None if flow.closed_by is None else ENDS[flow.closed_by]),
        Column("handshake_rtt_ns", INTEGER, lambda flow: flow.handshake_rtt_ns),
        Column("first_ns", INTEGER, lambda flow: flow.first_ns),
        Column("last_ns", INTEGER, lambda flow: flow.last_ns),
        Column("analysis", JSON, lambda flow: dict(sorted(flow.analysis.items()))),
        Column("interface", INTEGER, lambda flow: flow.link if 0 < flow.link <= MAX_IFINDEX else None),
        Column("vlan", JSON, lambda flow: list(flow.vlan)),
    ),
)
