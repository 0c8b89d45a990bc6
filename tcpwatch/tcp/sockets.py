"""The kernel's facts about a socket, as data. No I/O: `kernel/` fills these in."""

from dataclasses import dataclass
from enum import StrEnum

from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import Endpoint, endpoints


class TimerKind(StrEnum):
    """Which timer of a socket runs (`idiag_timer`, include/uapi/linux/inet_diag.h)."""

    RETRANSMIT = "retransmit"
    KEEPALIVE = "keepalive"
    TIME_WAIT = "time-wait"
    PERSIST = "persist"


@dataclass(frozen=True, slots=True)
class Timer:
    """A running timer: what it is, when it fires, how often it has fired without success.

    `expires_ms` counts from `read_ns`, the moment on the monotonic clock when it was read.
    """

    kind: TimerKind
    expires_ms: int
    retransmits: int
    read_ns: int = 0

    def left_ms(self, now_ns: int) -> int:
        """What is left of it at `now_ns` on the monotonic clock."""
        return max(0, self.expires_ms - (now_ns - self.read_ns) // 1_000_000)


@dataclass(frozen=True, slots=True)
class Backlog:
    """A listener's accept queue: connections that wait for accept(), and how many may."""

    queued: int
    limit: int


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that holds the socket open, or held it last where it is `gone` (TIME-WAIT, orphans).

    `start_ticks` tells a reused pid from the one that was seen.
    """

    pid: int
    start_ticks: int
    command: str
    fd: int
    gone: bool = False

    def __str__(self) -> str:
        return f"was {self.command}/{self.pid}" if self.gone else f"{self.command}/{self.pid} fd {self.fd}"


class NoOwner(StrEnum):
    """Why a socket has no owner to show: said in words, never left blank."""

    KERNEL = "no owner: kernel's"  # TIME-WAIT, SYN-RECEIVED, orphans: the program has let go of it
    NOT_ACCEPTED = "not accepted yet"
    NEEDS_ROOT = "needs root"
    NOT_FOUND = "not found"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SocketRow:
    """One TCP socket, as one dump of the kernel's table gave it.

    `ends` is local address, remote address, local port, remote port in the form of `Segment.ends`, so that a socket
    and its segments join by equality; `mapped` marks an IPv4 connection on an IPv6 socket. `cookie` is the socket's
    identity over its whole life; a source that has none gives a negative number made of the ends. A listener has
    `backlog` in place of the two queues. `info_bytes` is `struct tcp_info` as the kernel wrote it at `read_ns` on the
    monotonic clock (`tcp.info.TcpInfo.decode` reads it), empty where the kernel gives none.
    """

    cookie: int
    ends: bytes
    mapped: bool
    state: State
    uid: int | None
    inode: int
    recv_q: int | None
    send_q: int | None
    backlog: Backlog | None = None
    timer: Timer | None = None
    interface: int = 0
    info_bytes: bytes = b""
    read_ns: int = 0
    owners: tuple[Owner, ...] | NoOwner | None = None  # where the source itself says who (psutil)

    @property
    def local(self) -> Endpoint:
        """This host's end."""
        return endpoints(self.ends)[0]

    @property
    def remote(self) -> Endpoint:
        """The other end; port 0 for a listener."""
        return endpoints(self.ends)[1]
