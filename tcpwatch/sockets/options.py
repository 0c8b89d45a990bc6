"""What the program asked of a socket, from the kernel's own record of it. Pure.

sock_diag tells none of these options, nor does /proc: without a record they are not known.
"""

from tcpwatch.sockets.fields import SocketOptions
from tcpwatch.sockets.row import KernelRecord, SocketRow

UNKNOWN = "the kernel tells only BPF programs what the program asked of the socket"

# include/net/sock.h: bits of skc_flags (enum sock_flags). include/net/tcp.h: bits of nonagle.
SOCK_KEEPOPEN, SOCK_LINGER = 1 << 3, 1 << 4
NAGLE_OFF, NAGLE_CORK = 1, 2
_SIGN = 1 << 31  # of TCP_LINGER2


def options_of(row: SocketRow) -> SocketOptions | None:
    """The options of a full socket; None where no source tells them, as UNKNOWN says, or where it is none any more."""
    record = row.record
    flags = record.value("skc_flags") if record is not None else None
    if record is None or flags is None:
        return None
    nonagle, linger2 = record.value("nonagle"), record.value("linger2")
    return SocketOptions(
        nodelay=_bit(nonagle, NAGLE_OFF),
        cork=_bit(nonagle, NAGLE_CORK),
        keepalive=bool(flags & SOCK_KEEPOPEN),
        keepalive_idle_ms=record.duration_ms("keepalive_time"),
        keepalive_intvl_ms=record.duration_ms("keepalive_intvl"),
        keepalive_probes=record.value("keepalive_probes"),
        user_timeout_ms=record.value("icsk_user_timeout"),
        defer_accept=record.value("rskq_defer_accept"),
        linger=bool(flags & SOCK_LINGER),
        linger_ms=record.duration_ms("sk_lingertime") if flags & SOCK_LINGER else 0,
        linger2_ms=-1 if linger2 is not None and linger2 & _SIGN else record.duration_ms("linger2"),
        notsent_lowat=record.value("notsent_lowat"),
        rcvlowat=record.value("sk_rcvlowat"),
        reuseaddr=_on(record, "skc_reuse"),
        reuseport=_on(record, "skc_reuseport"),
    )


def _bit(bits: int | None, bit: int) -> bool | None:
    return None if bits is None else bool(bits & bit)


def _on(record: KernelRecord, name: str) -> bool | None:
    value = record.value(name)
    return None if value is None else value != 0
