"""The table of fields: a row for each variable of the TCB, each field of `struct tcp_info`, each option of a socket.

The detail pane, the JSON keys, docs/sockets.md and the explanations of `why` all come from these rows. The rows of
tcp_info are the layout of the structure as well (include/uapi/linux/tcp.h): in the kernel's order, each with its width.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from enum import StrEnum

from tcpwatch.tcp.tcb import Source


class Unit(StrEnum):
    """What a number counts."""

    INITIAL = "initial sequence number"
    FROM_ISS = "sequence number, counted from ISS where relative"
    FROM_IRS = "sequence number, counted from IRS where relative"
    WINDOW = "bytes, unscaled where the scale is unknown"
    SHIFT = "bits to shift by"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes/s"
    SEGMENTS = "segments"
    TIMES = "times"
    MICROSECONDS = "µs"
    MILLISECONDS = "ms"
    BITS = "bits"
    NUMBER = "number"
    YES_NO = "yes or no"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One row. `name` is the attribute of `Tcb` or `TcpInfo` and the key in JSON; `help` is one line.

    `sources` are those that can give it. The detail pane shows it as `label`, in the order of `place`; it leaves out
    what has no place.
    """

    name: str
    unit: Unit
    help: str
    sources: tuple[Source, ...]
    label: str = ""
    place: int | None = None


# fmt: off
_DERIVED = (Source.KERNEL, Source.DERIVED)
_KERNEL = (*_DERIVED, Source.RELATIVE)
_ALL = (*_KERNEL, Source.WIRE)

TCB_ROWS = (
    FieldRow("iss", Unit.INITIAL, "The number of this end's SYN.", (*_DERIVED, Source.WIRE), "ISS", 1),
    FieldRow("irs", Unit.INITIAL, "The number of the peer's SYN.", (*_DERIVED, Source.WIRE), "IRS", 2),
    FieldRow("snd_una", Unit.FROM_ISS, "The oldest number sent and not acknowledged.", _ALL, "SND.UNA", 3),
    FieldRow("snd_nxt", Unit.FROM_ISS, "The next number to send.", _ALL, "SND.NXT", 5),
    FieldRow("snd_wnd", Unit.WINDOW, "The window that the peer advertised.", _ALL, "SND.WND", 7),
    FieldRow("snd_wscale", Unit.SHIFT, "The scale of the peer's windows; 0 where none was agreed.", _ALL),
    FieldRow("rcv_nxt", Unit.FROM_IRS, "The next number expected from the peer.", _ALL, "RCV.NXT", 4),
    FieldRow("rcv_wnd", Unit.WINDOW, "The window that this end advertised.", _ALL, "RCV.WND", 6),
    FieldRow("rcv_wscale", Unit.SHIFT, "The scale of this end's windows; 0 where none was agreed.", _ALL),
    FieldRow("write_seq", Unit.FROM_ISS, "One past the last byte that the program has written.", _KERNEL),
    FieldRow("copied_seq", Unit.FROM_IRS, "The next byte that the program will read.", _KERNEL, "unread", 8),
)
# fmt: on


def _row(width: str, unit: Unit, help: str, label: str = "", place: int | None = None, *others: Source) -> int | None:
    """A row of tcp_info; `width` is its code in `struct`, `others` are the sources beside the kernel."""
    row = {"width": width, "unit": unit, "help": help, "label": label, "place": place}
    default: int | None = field(default=None, metadata=row | {"sources": (Source.KERNEL, *others)})
    return default


def _flag(help: str) -> bool | None:
    """A row of an option that is on or off."""
    default: bool | None = field(default=None, metadata={"unit": Unit.YES_NO, "help": help})
    return default


def _number(unit: Unit, help: str) -> int | None:
    """A row of an option that is a number."""
    default: int | None = field(default=None, metadata={"unit": unit, "help": help})
    return default


# fmt: off
@dataclass(frozen=True, slots=True)
class TcpInfoFields:
    """The fields of `struct tcp_info`, under the kernel's names without `tcpi_`."""

    state: int | None = _row("B", Unit.NUMBER, "The state by the kernel's number: 1 is ESTABLISHED, 10 is LISTEN.")
    ca_state: int | None = _row("B", Unit.NUMBER, "Congestion: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss.")
    retransmits: int | None = _row("B", Unit.TIMES, "Timeouts in a row without an answer.")
    probes: int | None = _row("B", Unit.TIMES, "Window probes or keep-alives in a row without an answer.")
    backoff: int | None = _row("B", Unit.TIMES, "How often the timeout has been doubled.")
    options: int | None = _row("B", Unit.BITS, "What was agreed, as TCPI_OPT_*: 1 timestamps, 2 SACK, 4 scale, 8 ECN.")
    wscales: int | None = _row("B", Unit.BITS, "Both window scales in one byte.")
    flags: int | None = _row("B", Unit.BITS, "1: delivery_rate was limited by the program; 2 and 4: Fast Open.")
    rto: int | None = _row("I", Unit.MICROSECONDS, "The retransmission timeout.", "RTO", 2)
    ato: int | None = _row("I", Unit.MICROSECONDS, "The timeout of a delayed ACK.")
    snd_mss: int | None = _row("I", Unit.BYTES, "The most data in a segment sent.", "MSS", 3, Source.WIRE)
    rcv_mss: int | None = _row("I", Unit.BYTES, "The size of the segments that arrive, estimated.")
    unacked: int | None = _row("I", Unit.SEGMENTS, "In flight; of a listener: its accept queue.")
    sacked: int | None = _row("I", Unit.SEGMENTS, "Acknowledged by SACK; of a listener: its queue's limit.")
    lost: int | None = _row("I", Unit.SEGMENTS, "In flight and taken for lost.")
    retrans: int | None = _row("I", Unit.SEGMENTS, "Retransmitted and still in flight.")
    fackets: int | None = _row("I", Unit.SEGMENTS, "Forward acknowledged; 0 since Linux 4.15.")
    last_data_sent: int | None = _row("I", Unit.MILLISECONDS, "Since data was last sent.")
    last_ack_sent: int | None = _row("I", Unit.MILLISECONDS, "Always 0: Linux does not measure it.")
    last_data_recv: int | None = _row("I", Unit.MILLISECONDS, "Since data last arrived.")
    last_ack_recv: int | None = _row("I", Unit.MILLISECONDS, "Since an ACK last arrived.")
    pmtu: int | None = _row("I", Unit.BYTES, "The largest packet that the path carries, as far as is known.")
    rcv_ssthresh: int | None = _row("I", Unit.BYTES, "How far the advertised window may grow for now.")
    rtt: int | None = _row("I", Unit.MICROSECONDS, "The smoothed round-trip time.", "SRTT", 1)
    rttvar: int | None = _row("I", Unit.MICROSECONDS, "How much the round-trip time varies.")
    snd_ssthresh: int | None = _row("I", Unit.SEGMENTS, "Below this congestion window slow start goes on.")
    snd_cwnd: int | None = _row("I", Unit.SEGMENTS, "The congestion window.")
    advmss: int | None = _row("I", Unit.BYTES, "The MSS that this end advertises.")
    reordering: int | None = _row("I", Unit.SEGMENTS, "How far out of order a segment may be, and not count as lost.")
    rcv_rtt: int | None = _row("I", Unit.MICROSECONDS, "The round-trip time, estimated by the receiver.")
    rcv_space: int | None = _row("I", Unit.BYTES, "How much the program reads in a round trip.")
    total_retrans: int | None = _row("I", Unit.SEGMENTS, "Retransmitted in all.", "retrans", 4, Source.WIRE)
    pacing_rate: int | None = _row("Q", Unit.BYTES_PER_SECOND, "The rate at which segments are paced.")
    max_pacing_rate: int | None = _row("Q", Unit.BYTES_PER_SECOND, "The limit of pacing_rate (SO_MAX_PACING_RATE).")
    bytes_acked: int | None = _row("Q", Unit.BYTES, "Acknowledged by the peer; an initiator's SYN counts as one.")
    bytes_received: int | None = _row("Q", Unit.BYTES, "Received in order in all.")
    segs_out: int | None = _row("I", Unit.SEGMENTS, "Sent in all.")
    segs_in: int | None = _row("I", Unit.SEGMENTS, "Received in all.")
    notsent_bytes: int | None = _row("I", Unit.BYTES, "Written by the program and not yet sent.")
    min_rtt: int | None = _row("I", Unit.MICROSECONDS, "The shortest round-trip time of the last minutes.")
    data_segs_in: int | None = _row("I", Unit.SEGMENTS, "Received with data in all.")
    data_segs_out: int | None = _row("I", Unit.SEGMENTS, "Sent with data in all.")
    delivery_rate: int | None = _row("Q", Unit.BYTES_PER_SECOND, "How fast data reached the peer, measured last.")
    busy_time: int | None = _row("Q", Unit.MICROSECONDS, "How long there was data to send or to be acknowledged.")
    rwnd_limited: int | None = _row("Q", Unit.MICROSECONDS, "Of busy_time: held back by the peer's window.")
    sndbuf_limited: int | None = _row("Q", Unit.MICROSECONDS, "Of busy_time: held back by a full send buffer.")
    delivered: int | None = _row("I", Unit.SEGMENTS, "Data segments that reached the peer.")
    delivered_ce: int | None = _row("I", Unit.SEGMENTS, "Of delivered: those that the peer reported as marked by ECN.")
    bytes_sent: int | None = _row("Q", Unit.BYTES, "Data sent in all, retransmissions included.")
    bytes_retrans: int | None = _row("Q", Unit.BYTES, "Of bytes_sent: retransmitted.")
    dsack_dups: int | None = _row("I", Unit.SEGMENTS, "Retransmitted without need, as the peer's DSACKs report.")
    reord_seen: int | None = _row("I", Unit.TIMES, "Reordering was seen.")
    rcv_ooopack: int | None = _row("I", Unit.SEGMENTS, "Received out of order.")
    snd_wnd: int | None = _row("I", Unit.BYTES, "The window that the peer advertised.")
    rcv_wnd: int | None = _row("I", Unit.BYTES, "The window that this end advertised last.")
    rehash: int | None = _row("I", Unit.TIMES, "Another path was tried after a timeout.")
    total_rto: int | None = _row("H", Unit.TIMES, "Timeouts in all.")
    total_rto_recoveries: int | None = _row("H", Unit.TIMES, "Recoveries from timeouts in all.")
    total_rto_time: int | None = _row("I", Unit.MILLISECONDS, "Spent in recoveries from timeouts.")
    received_ce: int | None = _row("I", Unit.SEGMENTS, "Received with ECN's mark CE (AccECN).")
    delivered_e1_bytes: int | None = _row("I", Unit.BYTES, "Delivered to the peer with ECT(1) (AccECN).")
    delivered_e0_bytes: int | None = _row("I", Unit.BYTES, "Delivered to the peer with ECT(0) (AccECN).")
    delivered_ce_bytes: int | None = _row("I", Unit.BYTES, "Delivered to the peer with CE (AccECN).")
    received_e1_bytes: int | None = _row("I", Unit.BYTES, "Received with ECT(1) (AccECN).")
    received_e0_bytes: int | None = _row("I", Unit.BYTES, "Received with ECT(0) (AccECN).")
    received_ce_bytes: int | None = _row("I", Unit.BYTES, "Received with CE (AccECN).")
    accecn_fail_mode: int | None = _row("H", Unit.BITS, "Why AccECN was given up.")
    accecn_opt_seen: int | None = _row("H", Unit.NUMBER, "Whether the AccECN option was seen.")
# fmt: on


TCP_INFO_WIDTHS = "".join(entry.metadata["width"] for entry in fields(TcpInfoFields))
TCP_INFO_ROWS = tuple(
    FieldRow(entry.name, **{key: value for key, value in entry.metadata.items() if key != "width"})
    for entry in fields(TcpInfoFields)
)


# fmt: off
@dataclass(frozen=True, slots=True)
class SocketOptions:
    """What the program asked of a full socket by setsockopt(2); the kernel tells only BPF programs of it.

    A time or a number that the program did not set is 0: the host's own setting holds.
    """

    nodelay: bool | None = _flag("TCP_NODELAY: small segments are sent at once (no Nagle).")
    cork: bool | None = _flag("TCP_CORK: less than a full segment waits until it is taken off, 200 ms at most.")
    keepalive: bool | None = _flag("SO_KEEPALIVE: a silent peer is probed.")
    keepalive_idle_ms: int | None = _number(Unit.MILLISECONDS, "TCP_KEEPIDLE: the silence before the first probe.")
    keepalive_intvl_ms: int | None = _number(Unit.MILLISECONDS, "TCP_KEEPINTVL: from one probe to the next.")
    keepalive_probes: int | None = _number(Unit.TIMES, "TCP_KEEPCNT: probes without an answer that end it.")
    user_timeout_ms: int | None = _number(Unit.MILLISECONDS, "TCP_USER_TIMEOUT: the longest wait for an ACK.")
    defer_accept: int | None = _number(Unit.TIMES, "TCP_DEFER_ACCEPT: SYN-ACKs sent again while no data comes.")
    linger: bool | None = _flag("SO_LINGER: close() waits for what is not acknowledged; for 0 ms it aborts by RST.")
    linger_ms: int | None = _number(Unit.MILLISECONDS, "SO_LINGER: how long close() waits.")
    linger2_ms: int | None = _number(Unit.MILLISECONDS, "TCP_LINGER2: the stay in FIN-WAIT-2 after close(); -1: none.")
    notsent_lowat: int | None = _number(Unit.BYTES, "TCP_NOTSENT_LOWAT: below this much unsent data it is writable.")
    rcvlowat: int | None = _number(Unit.BYTES, "SO_RCVLOWAT: so much data makes it readable.")
    reuseaddr: bool | None = _flag("SO_REUSEADDR: a port may be bound in spite of TIME-WAITs.")
    reuseport: bool | None = _flag("SO_REUSEPORT: several sockets may listen on one port.")
# fmt: on

OPTION_ROWS = tuple(FieldRow(entry.name, sources=(Source.KERNEL,), **entry.metadata) for entry in fields(SocketOptions))


def on_screen(rows: Iterable[FieldRow]) -> list[FieldRow]:
    """The rows that the detail pane shows, in its order."""
    return sorted((row for row in rows if row.place is not None), key=lambda row: row.place or 0)
