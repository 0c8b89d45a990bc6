"""`Extensions` from the fields of a BPF record: what `ss -e -m -i` shows besides `tcp_info`. Pure.

They are computed as the kernel does for sock_diag (net/ipv4/inet_diag.c), so both sources give the same values.
"""

from tcpwatch.kernel.bpf.fields import BBR_FIELDS, FieldValues
from tcpwatch.sockets.extras import Extensions, Memory, Numbers
from tcpwatch.text.clean import clean
from tcpwatch.text.duration import SECOND_US

_AF_INET6 = 10
_TIME_WAIT = 6  # from this state number on, the kernel reports no congestion control details
_BBR_UNIT = 24  # bbr stores packets per microsecond, times 2**24

# In the order of `Memory`.
MEMORY = (
    *("sk_rmem_alloc", "sk_rcvbuf", "sk_wmem_alloc", "sk_sndbuf", "sk_forward_alloc", "sk_wmem_queued"),
    *("sk_omem_alloc", "sk_backlog", "sk_drops"),
)
EXTENSION_FIELDS = " ".join(
    (
        *MEMORY,
        *(field.name for field in BBR_FIELDS),
        "congestion ulp cgroup_id sk_mark skc_ipv6only sk_shutdown skc_family skc_state mss_cache",
    )
)
"""The fields of the record that `extensions_of` needs."""


def extensions_of(values: FieldValues) -> Extensions:
    """The extensions, from the values of EXTENSION_FIELDS."""
    congestion, v6only = _word(values["congestion"]), values["skc_ipv6only"]
    return Extensions(
        memory=_memory(values),
        congestion=congestion,
        congestion_info=_bbr_info(values) if congestion == "bbr" else None,
        ulp=_word(values["ulp"]),
        cgroup_id=values["cgroup_id"],
        mark=values["sk_mark"],
        v6only=None if v6only is None or values["skc_family"] != _AF_INET6 else bool(v6only),
        shutdown=values["sk_shutdown"],
    )


def _memory(values: FieldValues) -> Memory | None:
    numbers = {name: values[name] for name in MEMORY}
    if numbers["sk_rcvbuf"] is None:
        return None
    if (references := numbers["sk_wmem_alloc"]) is not None:
        numbers["sk_wmem_alloc"] = references - 1  # the socket itself counts as one
    return Memory(*numbers.values())


def _bbr_info(values: FieldValues) -> Numbers | None:
    """`struct tcp_bbr_info` (bbr_get_info, net/ipv4/tcp_bbr.c): bytes a second, microseconds, gains times 256."""
    if values["bbr_bw"] is None or values["skc_state"] >= _TIME_WAIT:
        return None
    packets = values["bbr_lt_bw"] if values["bbr_lt_use_bw"] else values["bbr_bw"]
    return {
        "bw": packets * values["mss_cache"] * SECOND_US >> _BBR_UNIT,
        "min_rtt": values["bbr_min_rtt"],
        "pacing_gain": values["bbr_pacing_gain"],
        "cwnd_gain": values["bbr_cwnd_gain"],
    }


def _word(name: bytes | None) -> str | None:
    """A zero-padded name; None if it is empty or missing."""
    return clean(name.partition(b"\0")[0].decode(errors="surrogateescape")) or None if name else None
