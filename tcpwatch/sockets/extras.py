"""What the kernel gives of a socket beside its TCB and `tcp_info`: what `ss -e -m -i` adds. No I/O.

inet_diag calls it extensions (include/uapi/linux/inet_diag.h).
"""

from collections.abc import Mapping
from dataclasses import dataclass

RCV_SHUTDOWN, SEND_SHUTDOWN = 1, 2  # include/net/sock.h

Numbers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Memory:
    """A socket's memory in bytes, by SK_MEMINFO_* (include/uapi/linux/sock_diag.h), in that order.

    `rmem_alloc` is taken of `rcvbuf`, `wmem_queued` of `sndbuf`: segments with all that the kernel adds to them. Of the
    latter, `wmem_alloc` is on its way out; `fwd_alloc` is set aside for more. `drops` counts segments.
    """

    rmem_alloc: int | None = None
    rcvbuf: int | None = None
    wmem_alloc: int | None = None
    sndbuf: int | None = None
    fwd_alloc: int | None = None
    wmem_queued: int | None = None
    optmem: int | None = None
    backlog: int | None = None
    drops: int | None = None


@dataclass(frozen=True, slots=True)
class Extensions:
    """Memory, congestion control, upper layer, and how the program has set the socket up.

    `congestion_info` and `ulp_info` are what the congestion control and the upper layer protocol (kernel TLS, MPTCP)
    report of themselves, by the kernel's names. `shutdown` has the bits RCV_SHUTDOWN and SEND_SHUTDOWN. The kernel
    gives `mark` to those who may set it, and `v6only` of IPv6 sockets.
    """

    memory: Memory | None = None
    congestion: str | None = None
    congestion_info: Numbers | None = None
    ulp: str | None = None
    ulp_info: Numbers | None = None
    cgroup_id: int | None = None
    mark: int | None = None
    v6only: bool | None = None
    shutdown: int | None = None


NO_EXTENSIONS = Extensions()
