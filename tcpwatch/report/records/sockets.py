"""A socket of the kernel's table, with its owners, its states and all that the kernel measured."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter, itemgetter, methodcaller

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.report.records.schema import Column, ColumnType, Json, Schema, integers
from tcpwatch.sockets.extras import RCV_SHUTDOWN, SEND_SHUTDOWN, Extensions, Memory
from tcpwatch.sockets.fields import OPTION_ROWS, TCB_ROWS, Unit
from tcpwatch.sockets.kernel_tcb import tcb_of
from tcpwatch.sockets.options import options_of
from tcpwatch.sockets.row import Backlog, SocketRow, UpperSocket
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Tcb
from tcpwatch.wire.segment import IPV4_ENDS

INTEGER, BOOLEAN, TEXT = ColumnType.INTEGER, ColumnType.BOOLEAN, ColumnType.TEXT
OBJECT, JSON = ColumnType.OBJECT, ColumnType.JSON

OPTION_COLUMNS = tuple(
    Column(row.name, BOOLEAN if row.unit is Unit.YES_NO else INTEGER, attrgetter(row.name)) for row in OPTION_ROWS
)
TCB_COLUMNS = tuple(Column(row.name, INTEGER, methodcaller("variable", row.name)) for row in TCB_ROWS)
UPPER_COLUMNS = (
    Column[UpperSocket]("protocol", TEXT, lambda upper: upper.protocol),
    Column[UpperSocket]("state", TEXT, lambda upper: upper.state),
    *integers(("unread_memory", "unsent_memory", "token")),
)
SHUTDOWN_BITS = {"receive": RCV_SHUTDOWN, "send": SEND_SHUTDOWN}


@dataclass(frozen=True)
class ReportedSocket:
    """A socket at `now_ns` on the monotonic clock.

    `read_row` gives the row with the attributes that cost another question to the kernel; it is called only by a format
    that shows them. `cgroup_path` gives the path of a control group by its number.
    """

    connection: Connection
    now_ns: int
    read_row: Callable[[], SocketRow]
    cgroup_path: Callable[[int], str]

    @cached_property
    def row(self) -> SocketRow:
        """The row with all its attributes."""
        return self.read_row()

    @cached_property
    def tcb(self) -> Tcb | None:
        """The kernel's TCB."""
        return tcb_of(self.row)

    @cached_property
    def extensions(self) -> Extensions:
        """What `ss -e -m -i` adds."""
        return self.row.extensions

    @property
    def age_ns(self) -> int:
        """How long the socket has at least been in its state."""
        return self.now_ns - self.connection.since_ns


def _history(record: ReportedSocket) -> list[Json]:
    """The states it went through, oldest first: how long ago each began, as well as `precision` says, and lasted."""
    now_ns, intervals = record.now_ns, record.connection.timeline.intervals
    ends_ns = [*(interval.since_ns for interval in intervals[1:]), now_ns]
    return [
        {
            "state": interval.state,
            "known": interval.precision,
            "entered_ago_ns": now_ns - interval.since_ns,
            "dwell_ns": until_ns - interval.since_ns,
            "happened": {one.kind: one.times for one in interval.occurrences},
        }
        for interval, until_ns in zip(intervals, ends_ns, strict=True)
    ]


def _timer(record: ReportedSocket) -> Json | None:
    timer = record.row.timer
    if timer is None:
        return None
    return {"kind": timer.kind, "expires_ms": timer.left_ms(record.now_ns), "retransmits": timer.retransmits}


def _queue(record: ReportedSocket, length: int | None) -> int | None:
    """A listener has a backlog in place of its queues."""
    return None if record.row.state is State.LISTEN else length


def _cgroup(record: ReportedSocket) -> str | None:
    number = record.extensions.cgroup_id
    return None if number is None else record.cgroup_path(number)


def _shutdown(record: ReportedSocket) -> list[str] | None:
    bits = record.extensions.shutdown
    return None if bits is None else [word for word, bit in SHUTDOWN_BITS.items() if bits & bit]


SOCKETS: Schema[ReportedSocket] = Schema(
    "sockets",
    (
        Column("cookie", INTEGER, lambda record: record.row.cookie if record.row.cookie >= 0 else None),
        Column("family", TEXT, lambda record: "ipv4" if len(record.row.ends) == IPV4_ENDS else "ipv6"),
        Column("v4_mapped", BOOLEAN, lambda record: record.row.mapped),
        Column("local_ip", TEXT, lambda record: record.row.local.ip),
        Column("local_port", INTEGER, lambda record: record.row.local.port),
        Column("remote_ip", TEXT, lambda record: record.row.remote.ip),
        Column("remote_port", INTEGER, lambda record: record.row.remote.port),
        Column("interface", INTEGER, lambda record: record.row.interface or None),
        Column("interface_name", TEXT, lambda record: record.row.interface_name),
        Column("state", TEXT, lambda record: record.row.state),
        Column(
            "state_age_ms",
            INTEGER,
            lambda record: record.age_ns // 1_000_000 if record.connection.since_seen else None,
        ),
        Column("state_age_at_least_ms", INTEGER, lambda record: record.age_ns // 1_000_000),
        Column("history", JSON, _history),
        Column("uid", INTEGER, lambda record: record.row.uid),
        Column("user", TEXT, lambda record: record.connection.user),
        Column("inode", INTEGER, lambda record: record.row.inode or None),
        Column(
            "owners",
            JSON,
            lambda record: [
                {"pid": owner.pid, "command": owner.command, "fd": owner.fd} for owner in record.connection.owners
            ],
        ),
        Column("no_owner", TEXT, lambda record: record.connection.no_owner),
        Column("recv_q", INTEGER, lambda record: _queue(record, record.row.recv_q)),
        Column("send_q", INTEGER, lambda record: _queue(record, record.row.send_q)),
        Column("backlog", OBJECT, lambda record: record.row.backlog, integers(field.name for field in fields(Backlog))),
        Column(
            "timer",
            OBJECT,
            _timer,
            (
                Column("kind", TEXT, itemgetter("kind")),
                Column("expires_ms", INTEGER, itemgetter("expires_ms")),
                Column("retransmits", INTEGER, itemgetter("retransmits")),
            ),
        ),
        Column("tcb", OBJECT, lambda record: record.tcb, TCB_COLUMNS),
        Column("tcb_source", TEXT, lambda record: record.tcb.source if record.tcb is not None else None),
        Column("info", JSON, lambda record: info.as_dict() if (info := record.row.info) is not None else None),
        Column("memory", OBJECT, lambda record: record.extensions.memory, integers(one.name for one in fields(Memory))),
        Column("congestion", TEXT, lambda record: record.extensions.congestion),
        Column("congestion_info", JSON, lambda record: record.extensions.congestion_info),
        Column("ulp", TEXT, lambda record: record.extensions.ulp),
        Column("ulp_info", JSON, lambda record: record.extensions.ulp_info),
        Column("upper", OBJECT, lambda record: record.row.upper, UPPER_COLUMNS),
        Column("cgroup", TEXT, _cgroup),
        Column("mark", INTEGER, lambda record: record.extensions.mark),
        Column("v6only", BOOLEAN, lambda record: record.extensions.v6only),
        Column("shutdown", JSON, _shutdown),
        Column("options", OBJECT, lambda record: options_of(record.row), OPTION_COLUMNS),
        Column("netns", INTEGER, lambda record: netns.inode if (netns := record.row.netns) is not None else None),
        Column("netns_name", TEXT, lambda record: netns.name if (netns := record.row.netns) is not None else None),
        Column("container", TEXT, lambda record: netns.container if (netns := record.row.netns) is not None else None),
    ),
)
