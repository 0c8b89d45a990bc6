"""One JSON object a line, with stable keys: what other programs read.

Foreign text was cleaned where it came in; `json` escapes what is left, and what is not finite or no text never gets
here.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import lru_cache

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.report.memo import FLAGS_TEXT, Memo
from tcpwatch.sockets.extras import RCV_SHUTDOWN, SEND_SHUTDOWN, Extensions
from tcpwatch.sockets.fields import TCB_ROWS
from tcpwatch.sockets.kernel_tcb import tcb_of
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.flow import ENDS, Flow
from tcpwatch.tcp.seqnum import wrap
from tcpwatch.tcp.state import State
from tcpwatch.wire.options import ALIGNED_TIMESTAMPS, TIMESTAMPS_ALONE, parse_options
from tcpwatch.wire.segment import IPV4_ENDS, endpoints

Json = Mapping[str, object]

TCB_KEYS = tuple(field.name for field in TCB_ROWS)

SHUTDOWN = {"receive": RCV_SHUTDOWN, "send": SEND_SHUTDOWN}


def line(record: object) -> str:
    """The record as one line of JSON, without the line's end."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def packet(event: Event) -> str:
    """A segment as one line, with the keys of `tcpwatch packets --json`.

    Put together by hand: a general encoder takes longer than the reading and the analysis of the segment. What most
    segments have in common is kept.
    """
    segment, meaning = event.segment, event.meaning
    return (
        f'{{"frame":{segment.frame},"time_ns":{segment.time_ns},"stream":{event.stream},{ENDS_MEMBERS[segment.ends]},'
        f'"flags":"{FLAGS_TEXT[segment.flags]}","seq":{event.seq},"ack":{event.ack},'
        f'"seq_raw":{segment.seq},"ack_raw":{segment.ack},'
        f'"window":{event.window},"window_raw":{segment.window},"len":{segment.length},'
        f'"options":{_options(segment.option_bytes, segment.options_cut)},'
        f"{_meaning(meaning.step, meaning.analysis, meaning.src_state, meaning.dst_state)},"
        f'"app":{"null" if meaning.app is None else line(meaning.app)}}}'
    )


def flow(flow: Flow) -> Json:
    """A connection, with the keys of `tcpwatch flows --json`."""
    return {
        "stream": flow.stream,
        **{end: _end(flow, side) for side, end in enumerate(ENDS)},
        "completeness": flow.completeness,
        "opened": flow.opened,
        "closed": flow.closed,
        "closed_by": None if flow.closed_by is None else ENDS[flow.closed_by],
        "handshake_rtt_ns": flow.handshake_rtt_ns,
        "first_ns": flow.first_ns,
        "last_ns": flow.last_ns,
        "analysis": dict(sorted(flow.analysis.items())),
    }


def socket(connection: Connection, now_ns: int, cgroup_path: Callable[[int], str]) -> Json:
    """A socket, with the keys of `tcpwatch sockets --json`; `cgroup_path` knows control groups by their numbers."""
    row = connection.row
    tcb, info = tcb_of(row), row.info
    return {
        "cookie": row.cookie if row.cookie >= 0 else None,
        "family": "ipv4" if len(row.ends) == IPV4_ENDS else "ipv6",
        "v4_mapped": row.mapped,
        "local_ip": row.local.ip,
        "local_port": row.local.port,
        "remote_ip": row.remote.ip,
        "remote_port": row.remote.port,
        "state": row.state,
        "state_age_ms": (now_ns - connection.since_ns) // 1_000_000 if connection.since_seen else None,
        "state_age_at_least_ms": (now_ns - connection.since_ns) // 1_000_000,
        "history": _history(connection, now_ns),
        "uid": row.uid,
        "user": connection.user,
        "inode": row.inode or None,
        "owners": [{"pid": owner.pid, "command": owner.command, "fd": owner.fd} for owner in connection.owners],
        "no_owner": connection.no_owner,
        "recv_q": None if row.state is State.LISTEN else row.recv_q,
        "send_q": None if row.state is State.LISTEN else row.send_q,
        "backlog": _backlog(row),
        "timer": _timer(row, now_ns),
        "tcb": {key: tcb.variable(key) for key in TCB_KEYS} if tcb is not None else None,
        "tcb_source": tcb.source if tcb is not None else None,
        "info": info.as_dict() if info is not None else None,
        **_extensions(row.extensions, cgroup_path),
        **_namespace(row.netns),
    }


def _extensions(told: Extensions, cgroup_path: Callable[[int], str]) -> Json:
    """What `ss -e -m -i` adds."""
    return {
        "memory": asdict(told.memory) if told.memory is not None else None,
        "congestion": told.congestion,
        "congestion_info": told.congestion_info,
        "ulp": told.ulp,
        "ulp_info": told.ulp_info,
        "cgroup": cgroup_path(told.cgroup_id) if told.cgroup_id is not None else None,
        "mark": told.mark,
        "v6only": told.v6only,
        "shutdown": [word for word, bit in SHUTDOWN.items() if told.shutdown & bit]
        if told.shutdown is not None
        else None,
    }


def _history(connection: Connection, now_ns: int) -> list[Json]:
    """The states it went through, oldest first: how long ago each began, as well as `precision` says, and lasted."""
    intervals = connection.timeline.intervals
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


def _namespace(netns: Namespace | None) -> Json:
    """`lsns`'s number, `ip netns`'s name, the container."""
    if netns is None:
        return {"netns": None, "netns_name": None, "container": None}
    return {"netns": netns.inode, "netns_name": netns.name, "container": netns.container}


def _backlog(row: SocketRow) -> Json | None:
    return asdict(row.backlog) if row.backlog is not None else None


def _timer(row: SocketRow, now_ns: int) -> Json | None:
    if row.timer is None:
        return None
    return {"kind": row.timer.kind, "expires_ms": row.timer.left_ms(now_ns), "retransmits": row.timer.retransmits}


def _ends(ends: bytes) -> str:
    source, destination = endpoints(ends)
    return f'"src_ip":"{source.ip}","src_port":{source.port},"dst_ip":"{destination.ip}","dst_port":{destination.port}'


ENDS_MEMBERS = Memo(_ends)


@lru_cache(maxsize=1_024)
def _meaning(step: Step | None, analysis: tuple[str, ...], src_state: State, dst_state: State) -> str:
    members = {"step": step, "analysis": sorted(analysis), "src_state": src_state, "dst_state": dst_state}
    return line(members)[1:-1]


def _options(option_bytes: bytes, cut: bool) -> str:
    if cut:
        return line(parse_options(option_bytes, cut).as_dict())
    if not option_bytes:
        return "{}"
    if len(option_bytes) == TIMESTAMPS_ALONE.size and option_bytes.startswith(ALIGNED_TIMESTAMPS):
        ts_val, ts_ecr = TIMESTAMPS_ALONE.unpack(option_bytes)
        return f'{{"ts_val":{ts_val},"ts_ecr":{ts_ecr}}}'
    return line(parse_options(option_bytes).as_dict())


def _end(flow: Flow, side: int) -> Json:
    end, stream = endpoints(flow.ends)[side], flow.streams[side]
    return {
        "ip": end.ip,
        "port": end.port,
        "state": flow.state(side),
        "isn": None if stream.isn is None else wrap(stream.isn),
        "bytes": stream.payload_bytes,
        "segs": stream.segs,
        "retrans_segs": stream.retrans_segs,
        "fin": stream.fin is not None,
        "rst": stream.rst,
    }
