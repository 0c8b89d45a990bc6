"""The socket fields that are read, one table per kind of socket. Programs and record layout follow from them. Pure.

A row has the field's name, its width in the record (a `struct` code) and its dotted path in the kernel's structure. If
there are several paths, the first one that this kernel has is used; a field that a kernel lacks is None. Names are the
kernel's. Jiffies are truncated to 32 bits, which is enough for differences.
"""

import struct
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from tcpwatch.kernel.bpf.btf import Btf, Member

FieldValues = Mapping[str, Any]
"""Fields of a record by name; None if this kernel, or this kind of socket, has no such field."""


class Field(NamedTuple):
    """One field of the record. `width` "?" stores only whether the kernel's value is not 0."""

    name: str
    width: str
    paths: tuple[str, ...]


class Shape(IntEnum):
    """The three kernel structures that represent a TCP socket."""

    FULL = 1
    REQUEST = 2
    TIME_WAIT = 3


SOCK = "inet_conn.icsk_inet.sk."
CONNECTION = "inet_conn."
QUEUE = "inet_conn.icsk_accept_queue."
DELAYED_ACK = "inet_conn.icsk_ack."


def _same(width: str, names: str, prefix: str = "") -> tuple[Field, ...]:
    """Fields with the same name in the record and in the structure."""
    return tuple(Field(name, width, (prefix + name,)) for name in names.split())


def _at(width: str, **paths: str | tuple[str, ...]) -> tuple[Field, ...]:
    return tuple(Field(name, width, (path,) if isinstance(path, str) else path) for name, path in paths.items())


COMMON_FIELDS = (
    *_same("16s", "skc_v6_rcv_saddr skc_v6_daddr"),
    *_same("4s", "skc_rcv_saddr skc_daddr"),
    *_same("2s", "skc_dport"),
    *_same("H", "skc_family skc_num"),
    *_same("I", "skc_bound_dev_if"),
    *_same("B", "skc_state skc_ipv6only"),
)

# What the program asked of the socket, beyond what a timer or the TCB needs: the second part of the record.
OPTION_FIELDS = (
    *_same("I", "sk_lingertime sk_rcvlowat", SOCK),
    *_same("I", "notsent_lowat"),
    *_same("I", "skc_flags", SOCK + "__sk_common."),
    *_same("B", "skc_reuse skc_reuseport", SOCK + "__sk_common."),
)

FULL = (
    *_same("I", "snd_una snd_nxt write_seq snd_wnd snd_wl1 rcv_nxt rcv_wnd rcv_wup copied_seq"),
    *_same("Q", "bytes_acked bytes_received bytes_sent bytes_retrans"),
    *_same("I", "segs_out segs_in data_segs_out data_segs_in delivered delivered_ce dsack_dups reord_seen rcv_ooopack"),
    *_same("I", "packets_out sacked_out lost_out retrans_out total_retrans reordering snd_cwnd snd_ssthresh"),
    *_same("I", "srtt_us mdev_us rttvar_us mss_cache rcv_ssthresh lsndtime rcv_tstamp chrono_start"),
    *_same("I", "rate_delivered rate_interval_us total_rto_time rto_stamp"),
    *_same("H", "advmss timeout_rehash total_rto total_rto_recoveries"),
    *_same("B", "ecn_flags chrono_type rate_app_limited fastopen_client_fail syn_data_acked"),
    *_same("B", "tcp_usec_ts syn_fastopen_child"),
    *_same("B", "tstamp_ok sack_ok wscale_ok snd_wscale rcv_wscale", "rx_opt."),
    *_at("I", chrono_busy="chrono_stat[0]", chrono_rwnd="chrono_stat[1]", chrono_sndbuf="chrono_stat[2]"),
    *_at("I", min_rtt="rtt_min.s[0].v", rcv_rtt_us="rcv_rtt_est.rtt_us", rcv_space="rcvq_space.space"),
    *_same("I", "icsk_rto icsk_rto_max icsk_user_timeout icsk_pmtu_cookie", CONNECTION),
    *_same("I", "keepalive_time keepalive_intvl retrans_stamp linger2"),
    *_same("B", "keepalive_probes nonagle"),
    *_same("B", "rskq_defer_accept", QUEUE),
    *_same("B", "icsk_syn_retries", CONNECTION),
    *_same("B", "icsk_ca_state icsk_pending icsk_retransmits icsk_backoff icsk_probes_out", CONNECTION),
    *_same("I", "lrcvtime", DELAYED_ACK),
    *_same("H", "rcv_mss", DELAYED_ACK),
    *_same("B", "ato", DELAYED_ACK),
    *_at("B", ack_pending=DELAYED_ACK + "pending"),
    *_at(
        "I",
        retransmit_expires=(CONNECTION + "icsk_retransmit_timer.expires", SOCK + "tcp_retransmit_timer.expires"),
        delack_expires=CONNECTION + "icsk_delack_timer.expires",
        keepalive_expires=(CONNECTION + "icsk_keepalive_timer.expires", SOCK + "sk_timer.expires"),
    ),
    *_at(
        "?",
        keepalive_runs=(CONNECTION + "icsk_keepalive_timer.entry.pprev", SOCK + "sk_timer.entry.pprev"),
    ),
    *_same("Q", "sk_pacing_rate sk_max_pacing_rate", SOCK),
    *_same("I", "sk_ack_backlog sk_max_ack_backlog sk_ino sk_err sk_err_soft", SOCK),
    *_at("I", sk_uid=SOCK + "sk_uid.val", qlen=QUEUE + "qlen.counter"),
    *_same("I", "sk_rcvbuf sk_sndbuf sk_wmem_queued sk_mark", SOCK),
    *_same("i", "sk_forward_alloc", SOCK),
    *_at(
        "I",
        sk_rmem_alloc=SOCK + "sk_backlog.rmem_alloc.counter",
        sk_wmem_alloc=SOCK + "sk_wmem_alloc.refs.counter",
        sk_omem_alloc=SOCK + "sk_omem_alloc.counter",
        sk_backlog=SOCK + "sk_backlog.len",
        sk_drops=SOCK + "sk_drops.counter",
    ),
    *_same("B", "sk_shutdown", SOCK),
    *OPTION_FIELDS,
)

REQUEST = (
    *_same("I", "snt_isn rcv_isn rcv_nxt"),
    *_at("I", rcv_wnd="req.req.__req_common.skc_rcv_wnd", retransmit_expires="req.req.rsk_timer.expires"),
    *_at("H", advmss="req.req.mss"),
    *_at("I", sk_mark="req.ir_mark"),
    *_at("B", icsk_retransmits="req.req.num_retrans", num_timeout="req.req.num_timeout", acked="req.acked"),
    *_same("B", "wscale_ok snd_wscale rcv_wscale", "req."),
)

TIME_WAIT = (
    *_at("I", rcv_nxt="tw_sk.__tw_common.skc_tw_rcv_nxt", snd_nxt="tw_sk.__tw_common.skc_tw_snd_nxt"),
    *_at("I", rcv_wnd="tw_rcv_wnd", retransmit_expires="tw_sk.tw_timer.expires", sk_mark="tw_sk.tw_mark"),
    *_at("B", rcv_wscale="tw_sk.tw_rcv_wscale", skc_state="tw_sk.tw_substate"),
)

STRUCTURES = {
    Shape.FULL: ("tcp_sock", FULL),
    Shape.REQUEST: ("tcp_request_sock", REQUEST),
    Shape.TIME_WAIT: ("tcp_timewait_sock", TIME_WAIT),
}


class LinkedFields(NamedTuple):
    """Fields of another structure, reached from the full socket by pointers: (structure, path) for each pointer."""

    links: tuple[tuple[str, str], ...]
    structure: str
    fields: tuple[Field, ...]


LINKED_FIELDS = (
    LinkedFields((("tcp_sock", CONNECTION + "icsk_ca_ops"),), "tcp_congestion_ops", _at("16s", congestion="name")),
    LinkedFields((("tcp_sock", CONNECTION + "icsk_ulp_ops"),), "tcp_ulp_ops", _at("16s", ulp="name")),
    LinkedFields(
        (("tcp_sock", SOCK + "sk_cgrp_data.cgroup"), ("cgroup", "kn")), "kernfs_node", _at("Q", cgroup_id="id")
    ),
    # Linux before 6.17 has no inode number in the socket itself.
    LinkedFields(
        (("tcp_sock", SOCK + "sk_socket"), ("socket", "file"), ("file", "f_inode")), "inode", _at("I", sk_ino="i_ino")
    ),
)

# Private data of the congestion control `bbr`, in the socket's icsk_ca_priv.
CONGESTION_ROOM = CONNECTION + "icsk_ca_priv"
BBR_FIELDS = (
    *_at("I", bbr_bw="bw.s[0].v", bbr_lt_bw="lt_bw", bbr_min_rtt="min_rtt_us"),
    *_at("H", bbr_pacing_gain="pacing_gain", bbr_cwnd_gain="cwnd_gain"),
    *_at("B", bbr_lt_use_bw="lt_use_bw"),
)


class FieldSelection(NamedTuple):
    """Some fields of a record, in record order, and the `struct` that unpacks them."""

    names: tuple[str, ...]
    unpacker: struct.Struct


class Layout:
    """The record layout, in two parts; in each, wide fields come first, so that all are aligned.

    `size` is in bytes; the second part begins at `first_part`. A part is what the stack of a program has room for.
    """

    def __init__(self, fields: Iterable[Field], second_part: Iterable[Field] = ()) -> None:
        self.widths: dict[str, str] = {}
        self.offsets: dict[str, int] = {}
        self.first_part = self._append(0, fields)
        self.size = self._append(self.first_part, second_part)

    def _append(self, position: int, fields: Iterable[Field]) -> int:
        widths = {field.name: field.width for field in fields}
        for name in sorted(widths, key=lambda name: _alignment(widths[name]), reverse=True):
            self.offsets[name] = position
            position += struct.calcsize(widths[name])
        self.widths |= widths
        return position + 7 & ~7

    def selection(self, names: str) -> "FieldSelection":
        """The selection of these fields; `names` are separated by spaces, in any order."""
        ordered = tuple(sorted(set(names.split()), key=self.offsets.__getitem__))
        code, position = "=", 0
        for name in ordered:
            code += f"{self.offsets[name] - position}x{self.widths[name]}"
            position = self.offsets[name] + struct.calcsize(self.widths[name])
        return FieldSelection(ordered, struct.Struct(code))


def _alignment(width: str) -> int:
    """The alignment that the verifier requires; addresses are copied four bytes at a time."""
    return min(struct.calcsize(width), 4) if width.endswith("s") else struct.calcsize(width)


def locate(btf: Btf, structure: str, fields: Iterable[Field]) -> dict[str, Member]:
    """The members for these fields; fields that this kernel lacks are left out."""
    found = {}
    for field in fields:
        places = (btf.member(structure, path) for path in field.paths)
        place = next((place for place in places if place is not None), None)
        if place is not None:
            found[field.name] = place
    return found
