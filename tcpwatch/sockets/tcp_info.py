"""`struct tcp_info` (include/uapi/linux/tcp.h), decoded by the length that the kernel wrote.

Every kernel appends to the structure and none removes: 104 bytes long ago, 280 in Linux 6.18. The fields of `TcpInfo`
are the layout, in the kernel's order, each with its width; one past the end of what this kernel wrote is `None`.
"""

import sys
from dataclasses import dataclass, field, fields
from functools import lru_cache
from struct import Struct, calcsize

_SND_WSCALE_SHIFT, _RCV_WSCALE_SHIFT = (0, 4) if sys.byteorder == "little" else (4, 0)


def _field(width: str) -> int | None:
    """A field of the structure; `width` is its code in `struct`."""
    default: int | None = field(default=None, metadata={"width": width})
    return default


@dataclass(frozen=True, slots=True)
class TcpInfo:
    """The kernel's measurements of one connection, under the kernel's names.

    Times `rto ato rtt rttvar rcv_rtt min_rtt busy_time rwnd_limited sndbuf_limited` are microseconds, `last_*` and
    `total_rto_time` milliseconds. `unacked sacked lost retrans snd_cwnd reordering` count segments; `*_rate` are bytes
    a second; windows, `*_mss` and `*_bytes` are bytes. A listener's accept queue is `unacked`, its limit `sacked`.
    """

    state: int | None = _field("B")
    ca_state: int | None = _field("B")
    retransmits: int | None = _field("B")
    probes: int | None = _field("B")
    backoff: int | None = _field("B")
    options: int | None = _field("B")
    wscales: int | None = _field("B")
    flags: int | None = _field("B")
    rto: int | None = _field("I")
    ato: int | None = _field("I")
    snd_mss: int | None = _field("I")
    rcv_mss: int | None = _field("I")
    unacked: int | None = _field("I")
    sacked: int | None = _field("I")
    lost: int | None = _field("I")
    retrans: int | None = _field("I")
    fackets: int | None = _field("I")
    last_data_sent: int | None = _field("I")
    last_ack_sent: int | None = _field("I")
    last_data_recv: int | None = _field("I")
    last_ack_recv: int | None = _field("I")
    pmtu: int | None = _field("I")
    rcv_ssthresh: int | None = _field("I")
    rtt: int | None = _field("I")
    rttvar: int | None = _field("I")
    snd_ssthresh: int | None = _field("I")
    snd_cwnd: int | None = _field("I")
    advmss: int | None = _field("I")
    reordering: int | None = _field("I")
    rcv_rtt: int | None = _field("I")
    rcv_space: int | None = _field("I")
    total_retrans: int | None = _field("I")
    pacing_rate: int | None = _field("Q")
    max_pacing_rate: int | None = _field("Q")
    bytes_acked: int | None = _field("Q")
    bytes_received: int | None = _field("Q")
    segs_out: int | None = _field("I")
    segs_in: int | None = _field("I")
    notsent_bytes: int | None = _field("I")
    min_rtt: int | None = _field("I")
    data_segs_in: int | None = _field("I")
    data_segs_out: int | None = _field("I")
    delivery_rate: int | None = _field("Q")
    busy_time: int | None = _field("Q")
    rwnd_limited: int | None = _field("Q")
    sndbuf_limited: int | None = _field("Q")
    delivered: int | None = _field("I")
    delivered_ce: int | None = _field("I")
    bytes_sent: int | None = _field("Q")
    bytes_retrans: int | None = _field("Q")
    dsack_dups: int | None = _field("I")
    reord_seen: int | None = _field("I")
    rcv_ooopack: int | None = _field("I")
    snd_wnd: int | None = _field("I")
    rcv_wnd: int | None = _field("I")
    rehash: int | None = _field("I")
    total_rto: int | None = _field("H")
    total_rto_recoveries: int | None = _field("H")
    total_rto_time: int | None = _field("I")
    received_ce: int | None = _field("I")
    delivered_e1_bytes: int | None = _field("I")
    delivered_e0_bytes: int | None = _field("I")
    delivered_ce_bytes: int | None = _field("I")
    received_e1_bytes: int | None = _field("I")
    received_e0_bytes: int | None = _field("I")
    received_ce_bytes: int | None = _field("I")
    accecn_fail_mode: int | None = _field("H")
    accecn_opt_seen: int | None = _field("H")

    @classmethod
    def decode(cls, data: bytes) -> "TcpInfo":
        """The fields that `data` holds whole, the attribute INET_DIAG_INFO or what getsockopt(TCP_INFO) gave."""
        return cls(*_layout(len(data)).unpack_from(data))

    @property
    def snd_wscale(self) -> int | None:
        """The scale of the windows that the peer advertises; 0 also where no scaling was agreed."""
        return None if self.wscales is None else self.wscales >> _SND_WSCALE_SHIFT & 0xF

    @property
    def rcv_wscale(self) -> int | None:
        """The scale of the windows that this end advertises."""
        return None if self.wscales is None else self.wscales >> _RCV_WSCALE_SHIFT & 0xF

    def as_dict(self) -> dict[str, int | None]:
        """Every field under its name, the two scales in place of the byte that holds them."""
        values = {name: getattr(self, name) for name in _NAMES if name != "wscales"}
        return values | {"snd_wscale": self.snd_wscale, "rcv_wscale": self.rcv_wscale}


_NAMES = tuple(entry.name for entry in fields(TcpInfo))
_WIDTHS = "".join(entry.metadata["width"] for entry in fields(TcpInfo))

# Where the four `last_*` stand: ages, which count up while nothing happens.
LAST_AGES = slice(*(calcsize("=" + _WIDTHS[: _NAMES.index(name)]) for name in ("last_data_sent", "pmtu")))


@lru_cache(maxsize=16)
def _layout(length: int) -> Struct:
    """The longest run of whole fields that fits in `length` bytes."""
    count = len(_WIDTHS)
    while calcsize("=" + _WIDTHS[:count]) > length:
        count -= 1
    return Struct("=" + _WIDTHS[:count])
