"""The kernel's facts about a socket, as data. No I/O: `kernel/` reads them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tcpwatch.sockets.extras import NO_EXTENSIONS, Extensions
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Tcb
from tcpwatch.wire.segment import Endpoint, ZonedEndpoint, endpoints


class TimerKind(StrEnum):
    """Which timer of a socket runs (`idiag_timer`, include/uapi/linux/inet_diag.h; the last two: BPF only)."""

    RETRANSMIT = "retransmit"
    KEEPALIVE = "keepalive"
    TIME_WAIT = "time-wait"
    PERSIST = "persist"
    LOSS_PROBE = "loss-probe"  # RFC 8985 §7
    DELAYED_ACK = "delayed-ack"  # RFC 9293 §3.8.6.3


@dataclass(frozen=True, slots=True)
class Timer:
    """A running timer: its kind, when it fires, how often it has fired without success.

    `expires_ms` counts from `read_ns`, the moment on the monotonic clock when it was read.
    """

    kind: TimerKind
    expires_ms: int
    retransmits: int
    read_ns: int = 0

    def left_ms(self, now_ns: int) -> int:
        """Milliseconds until it fires, at `now_ns` on the monotonic clock."""
        return max(0, self.expires_ms - (now_ns - self.read_ns) // 1_000_000)


@dataclass(frozen=True, slots=True)
class Backlog:
    """A listener's accept queue: connections that wait for accept(), and how many may.

    `half_open` counts the handshakes that are under way, in SYN-RECEIVED. `drops` counts the segments that the listener
    has turned away since it began: SYNs, and last ACKs that found no room (`sk_drops`).
    """

    queued: int
    limit: int
    half_open: int | None = None
    drops: int | None = None


@dataclass(frozen=True, slots=True)
class UpperSocket:
    """The socket that a program has in place of the TCP socket below it, which only carries its bytes.

    `unread_memory` is what its unread bytes take in memory, `unsent_memory` what it has yet to hand down: the kernel
    does not tell how many bytes they are. `token` names the connection that all its TCP sockets have in common.
    """

    protocol: str
    state: State
    unread_memory: int | None
    unsent_memory: int | None = None
    token: int | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that has the socket open, or had it open last where it is `gone` (TIME-WAIT, orphans).

    `start_ticks` distinguishes a reused pid from the one seen; `fd` is None where no descriptor of it was seen.
    """

    pid: int
    start_ticks: int
    command: str
    fd: int | None
    gone: bool = False

    def __str__(self) -> str:
        return f"was {self.command}/{self.pid}" if self.gone else f"{self.command}/{self.pid} fd {self.fd}"


class NoOwner(StrEnum):
    """Why a socket has no owner to show, in words: the column is never blank."""

    KERNEL = "no owner: kernel's"  # TIME-WAIT, SYN-RECEIVED, orphans: the program has let go of it
    NOT_ACCEPTED = "not accepted yet"
    NEEDS_ROOT = "needs root"
    NEEDS_SYS_PTRACE = "needs CAP_SYS_PTRACE"  # said to root: the holder has capabilities that it lacks
    NEEDS_DAC_READ_SEARCH = "needs CAP_DAC_READ_SEARCH"  # the same
    HIDDEN = "hidden from root"  # by a user namespace or a security module
    NO_PROC = "needs /proc, which is not mounted"
    NOT_FOUND = "not found"
    FILE = "from a file"
    SHORT = "owner not seen"  # it came and went between two readings of the table
    UNKNOWN = "unknown"

    @property
    def out_of_sight(self) -> bool:
        """Whether a process has the socket open that this user may not look into."""
        return self in (self.NEEDS_ROOT, self.NEEDS_SYS_PTRACE, self.NEEDS_DAC_READ_SEARCH, self.HIDDEN)


class HasExtensions(Protocol):
    """A source of what `ss -e -m -i` prints beyond `ss`."""

    @property
    def extensions(self) -> Extensions:
        """Decoded on each access."""


class KernelRecord(HasExtensions, Protocol):
    """The kernel's own structures of a socket, as raw bytes: decoded on access."""

    @property
    def info(self) -> TcpInfo | None:
        """`tcp_info`; None where the kernel has no full socket (SYN-RECEIVED, TIME-WAIT)."""

    @property
    def last_ack_recv(self) -> int | None:
        """`info.last_ack_recv` alone, at little cost."""

    @property
    def tcb(self) -> Tcb | None:
        """The TCB in absolute numbers, ISS and IRS only where the kernel has them; None for a listener."""

    def value(self, name: str) -> int | None:
        """Any other field by the kernel's name for it, such as `sk_err_soft` or `sk_shutdown`."""

    def duration_ms(self, name: str) -> int | None:
        """A field that the kernel keeps in jiffies, such as `icsk_rto`."""

    def fires_ms(self, expires_ms: int, wait_ms: int) -> int:
        """When a timer that expires then, set for that wait, really fires; milliseconds from when this was read."""


@dataclass(frozen=True, slots=True)
class SocketRow:
    """One TCP socket, as one dump of the kernel's table gave it.

    `ends` is local address, remote address, local port, remote port in the form of `Segment.ends`, so that a socket
    and its segments join by equality; `mapped` marks an IPv4 connection on an IPv6 socket. `cookie` is the socket's
    identity over its whole life; a source that has none gives a negative number made of the ends. A listener has
    `backlog` in place of the two queues. `info_bytes` is `struct tcp_info` as the kernel wrote it at `read_ns` on the
    monotonic clock, empty where the kernel gives none, and `attributes` what else it wrote. A source that reads the
    kernel's own structures gives `record` instead, or as well. Either way `info` has the measurements,
    `kernel_tcb.tcb_of` the TCB, and `extensions` the rest. `upper` is the socket of another protocol that it is below.
    `interface` is the number of the one it is bound to, by SO_BINDTODEVICE or by a link-local address; 0 where it is
    bound to none.
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
    attributes: HasExtensions | None = None
    read_ns: int = 0
    owners: tuple[Owner, ...] | NoOwner | None = None  # where the source itself gives them (psutil)
    record: KernelRecord | None = None
    netns: Namespace | None = None  # where the source knows it
    upper: UpperSocket | None = None
    interface_name: str | None = None  # where the source can name `interface`

    @property
    def is_here(self) -> bool:
        """Whether it is in the network namespace that tcpwatch runs in, as far as is known."""
        return self.netns is None or self.netns.here

    @property
    def local(self) -> Endpoint:
        """This host's end; where the socket holds for one interface alone, with that."""
        end = endpoints(self.ends)[0]
        return ZonedEndpoint.of(end, self.zone) if self.interface else end

    @property
    def zone(self) -> str:
        """The interface to which the socket is bound; its number as `ss` writes it where it has no name here."""
        return (self.interface_name or f"if{self.interface}") if self.interface else ""

    @property
    def remote(self) -> Endpoint:
        """The other end; port 0 for a listener."""
        return endpoints(self.ends)[1]

    @property
    def ends_in_words(self) -> str:
        """Both ends, or where a listener listens."""
        return str(self.local) if self.state is State.LISTEN else f"{self.local} ⇄ {self.remote}"

    @property
    def info(self) -> TcpInfo | None:
        """The kernel's measurements as of `read_ns`; None where it gives none. Decoded anew each time."""
        if self.record is not None:
            return self.record.info
        return TcpInfo.decode(self.info_bytes) if self.info_bytes else None

    @property
    def extensions(self) -> Extensions:
        """Memory, congestion control and the like; nothing where the source knows of none. Decoded anew each time."""
        source = self.attributes or self.record
        return source.extensions if source is not None else NO_EXTENSIONS

    @property
    def last_ack_recv(self) -> int | None:
        """Milliseconds from the newest acknowledgment to `read_ns`."""
        if self.record is not None:
            return self.record.last_ack_recv
        return TcpInfo.decode(self.info_bytes).last_ack_recv if self.info_bytes else None
