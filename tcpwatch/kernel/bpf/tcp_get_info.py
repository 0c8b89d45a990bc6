"""A full socket's fields as `struct tcp_info`. Pure.

They are computed as the kernel does for `ss` (tcp_get_info, net/ipv4/tcp.c), so both sources give the same values.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tcpwatch.kernel.bpf.fields import FULL, FieldValues
from tcpwatch.sockets.fields import TCP_INFO_ROWS
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.seqnum import unwrap
from tcpwatch.text.duration import SECOND_US

_LISTEN = 10
_WHEEL_LEVEL, _WHEEL_SHIFT = 63, 3  # jiffies in the finest level; each further level is 2**3 times as coarse


class Clock(NamedTuple):
    """The time when a record was written, in jiffies (`hz` per second), and when it was read, on the monotonic clock.

    Times in the record are the low 32 bits of jiffies.
    """

    jiffies: int
    hz: int
    read_ns: int

    def since(self, moment: int) -> int:
        """Jiffies since `moment`; 0 if it is in the future."""
        return max(0, self.jiffies - unwrap(moment, near=self.jiffies))

    def age_ms(self, moment: int) -> int:
        """Milliseconds since `moment`."""
        return self.since(moment) * 1_000 // self.hz

    def left_ms(self, moment: int) -> int:
        """Milliseconds until `moment`; 0 if it is in the past."""
        return max(0, unwrap(moment, near=self.jiffies) - self.jiffies) * 1_000 // self.hz

    def fires_ms(self, expires_ms: int, wait_ms: int) -> int:
        """Milliseconds until a timer really fires that was armed for `wait_ms` and expires in `expires_ms`.

        Never early, and the longer the wait, the coarser: the timer wheel, kernel/time/timer.c (Linux 4.8 and newer).
        """
        expires, wait, shift = (self.jiffies + expires_ms * self.hz // 1_000, wait_ms * self.hz // 1_000, 0)
        while wait >= _WHEEL_LEVEL << shift:
            shift += _WHEEL_SHIFT
        return (((expires >> shift) + 1 << shift) - self.jiffies) * 1_000 // self.hz

    def microseconds(self, jiffies: int) -> int:
        """Jiffies as microseconds."""
        return jiffies * SECOND_US // self.hz


RENAMED = {
    "state": "skc_state",
    "ca_state": "icsk_ca_state",
    "retransmits": "icsk_retransmits",
    "probes": "icsk_probes_out",
    "backoff": "icsk_backoff",
    "snd_mss": "mss_cache",
    "unacked": "packets_out",
    "sacked": "sacked_out",
    "lost": "lost_out",
    "retrans": "retrans_out",
    "pmtu": "icsk_pmtu_cookie",
    "pacing_rate": "sk_pacing_rate",
    "max_pacing_rate": "sk_max_pacing_rate",
    "rehash": "timeout_rehash",
}
SHIFTED = {
    "rtt": ("srtt_us", 3),
    "rttvar": ("mdev_us", 2),
    "rcv_rtt": ("rcv_rtt_us", 3),
}  # the kernel stores them times 8, 4 and 8
DURATIONS = {"rto": "icsk_rto", "ato": "ato"}
AGES = {"last_data_sent": "lsndtime", "last_data_recv": "lrcvtime", "last_ack_recv": "rcv_tstamp"}

# Same name in `tcp_info` and in the record; copied unchanged.
IN_RECORD = {field.name for field in FULL}
COMPUTED = {*RENAMED, *SHIFTED, *DURATIONS, *AGES, "total_rto_time"}
COPIED = RENAMED | {row.name: row.name for row in TCP_INFO_ROWS if row.name in IN_RECORD and row.name not in COMPUTED}

# Time spent sending, limited by the receive window, limited by the send buffer; by `chrono_type`.
CHRONOGRAPHS = {1: "chrono_busy", 2: "chrono_rwnd", 3: "chrono_sndbuf"}

# TCPI_OPT_*, include/uapi/linux/tcp.h. The bits of `ecn_flags` are named in net/tcp.h; Linux 6.18 added AccECN's.
OPTIONS = {
    "tstamp_ok": 1,
    "sack_ok": 2,
    "wscale_ok": 4,
    "syn_data_acked": 32,
    "tcp_usec_ts": 64,
    "syn_fastopen_child": 128,
}
ECN_AGREED, ECN_SEEN = (8, 0x11), (16, 0x08)

COMBINED = (
    "chrono_type chrono_start ecn_flags snd_wscale rcv_wscale rate_app_limited fastopen_client_fail write_seq snd_nxt "
    "rate_delivered rate_interval_us total_rto_time rto_stamp sk_ack_backlog sk_max_ack_backlog"
)

TCP_INFO_FIELDS = " ".join(
    (
        *COPIED.values(),
        *(name for name, _ in SHIFTED.values()),
        *DURATIONS.values(),
        *AGES.values(),
        *CHRONOGRAPHS.values(),
        *OPTIONS,
        COMBINED,
    )
)
"""The fields of the record that `tcp_info` needs."""

_OF_A_LISTENER = ("state", "reordering", "snd_cwnd", "pacing_rate", "max_pacing_rate")


def tcp_info(values: FieldValues, clock: Clock) -> TcpInfo:
    """`tcp_info` of a full socket, from the values of TCP_INFO_FIELDS."""
    info = {name: values[source] for name, source in COPIED.items()}
    if values["skc_state"] == _LISTEN:
        queue = {"unacked": values["sk_ack_backlog"], "sacked": values["sk_max_ack_backlog"]}
        return TcpInfo(**{name: info[name] for name in _OF_A_LISTENER}, **queue)
    known = {name: value or 0 for name, value in values.items()}
    info |= {name: known[source] >> bits for name, (source, bits) in SHIFTED.items()}
    info |= {name: clock.microseconds(known[source]) for name, source in DURATIONS.items()}
    info |= {name: clock.age_ms(known[source]) for name, source in AGES.items()}
    info |= _chronographs(known, clock)
    return TcpInfo(
        **info,
        last_ack_sent=0,
        fackets=0,
        options=_options(known),
        wscales=known["snd_wscale"] | known["rcv_wscale"] << 4 if known["wscale_ok"] else 0,
        flags=known["rate_app_limited"] | known["fastopen_client_fail"] << 1,
        notsent_bytes=max(0, unwrap(known["write_seq"], near=known["snd_nxt"]) - known["snd_nxt"]),
        delivery_rate=_delivery_rate(known),
        total_rto_time=_rto_time(values, clock),
    )


def _options(known: Mapping[str, int]) -> int:
    bits = sum(bit for name, bit in OPTIONS.items() if known[name])
    return bits + sum(bit for bit, mask in (ECN_AGREED, ECN_SEEN) if known["ecn_flags"] & mask)


def _chronographs(known: Mapping[str, int], clock: Clock) -> dict[str, int]:
    """The three times in microseconds; the running one counts from `chrono_start`."""
    running = known["chrono_type"]
    jiffies = {kind: known[name] for kind, name in CHRONOGRAPHS.items()}
    if running in jiffies:
        jiffies[running] += clock.since(known["chrono_start"])
    busy, rwnd, sndbuf = (clock.microseconds(jiffies[kind]) for kind in CHRONOGRAPHS)
    return {"busy_time": busy + rwnd + sndbuf, "rwnd_limited": rwnd, "sndbuf_limited": sndbuf}


def _delivery_rate(known: Mapping[str, int]) -> int:
    """Bytes per second (tcp_compute_delivery_rate)."""
    interval_us = known["rate_interval_us"]
    return known["rate_delivered"] * known["mss_cache"] * SECOND_US // interval_us if interval_us else 0


def _rto_time(values: FieldValues, clock: Clock) -> int | None:
    """Milliseconds spent in RTO recovery, including the current one."""
    spent: int | None = values["total_rto_time"]
    began_ms: int | None = values["rto_stamp"]
    if spent is None or not began_ms:
        return spent
    now_ms = clock.read_ns // 1_000_000
    return spent + max(0, now_ms - unwrap(began_ms, near=now_ms))
