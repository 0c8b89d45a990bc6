"""A segment with its meaning: the tracker's Event is the record."""

from tcpwatch.report.records.schema import Column, ColumnType, Schema
from tcpwatch.tcp.event import Event
from tcpwatch.wire.options import parse_options
from tcpwatch.wire.segment import flag_names

INTEGER, TEXT, JSON = ColumnType.INTEGER, ColumnType.TEXT, ColumnType.JSON

PACKETS: Schema[Event] = Schema(
    "packets",
    (
        Column("frame", INTEGER, lambda event: event.segment.frame),
        Column("time_ns", INTEGER, lambda event: event.segment.time_ns),
        Column("stream", INTEGER, lambda event: event.stream),
        Column("src_ip", TEXT, lambda event: event.segment.source.ip),
        Column("src_port", INTEGER, lambda event: event.segment.source.port),
        Column("dst_ip", TEXT, lambda event: event.segment.destination.ip),
        Column("dst_port", INTEGER, lambda event: event.segment.destination.port),
        Column("flags", TEXT, lambda event: flag_names(event.segment.flags)),
        Column("seq", INTEGER, lambda event: event.seq),
        Column("ack", INTEGER, lambda event: event.ack),
        Column("seq_raw", INTEGER, lambda event: event.segment.seq),
        Column("ack_raw", INTEGER, lambda event: event.segment.ack),
        Column("window", INTEGER, lambda event: event.window),
        Column("window_raw", INTEGER, lambda event: event.segment.window),
        Column("len", INTEGER, lambda event: event.segment.length),
        Column(
            "options",
            JSON,
            lambda event: parse_options(event.segment.option_bytes, event.segment.options_cut).as_dict(),
        ),
        Column("step", TEXT, lambda event: event.step),
        Column("analysis", JSON, lambda event: sorted(event.analysis)),
        Column("src_state", TEXT, lambda event: event.src_state),
        Column("dst_state", TEXT, lambda event: event.dst_state),
        Column("note", TEXT, lambda event: event.note),
        Column("app", TEXT, lambda event: event.app),
        Column("faults", JSON, lambda event: list(event.segment.faults)),
    ),
)
