"""State changes, retransmissions and resets as they happen, from the kernel's tracepoints.

They show connections that are too short for any dump. TIME-WAIT and unfinished handshakes are not seen, because they
have no tracepoint. Entering TIME-WAIT looks like the end of a socket; the next dump shows it with the same cookie.
"""

import os
from functools import lru_cache, partial
from pathlib import Path

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.btf import Btf
from tcpwatch.kernel.bpf.loader import load_tracepoint
from tcpwatch.kernel.bpf.programs import AF_INET, EVENT_COOKIE, EVENT_RECORD, Tracepoint, tracepoint
from tcpwatch.kernel.bpf.ring_buffer import RingBuffer
from tcpwatch.kernel.bpf.task_files import owner, pids_are_ours
from tcpwatch.kernel.ends import socket_ends
from tcpwatch.kernel.events import RawEvent, SocketEvent
from tcpwatch.kernel.sock_diag.inet_diag import STATE_BY_NUMBER
from tcpwatch.sockets.timeline import OccurrenceKind, Precision
from tcpwatch.tcp.state import State

NETWORK_NAMESPACE = Path("/proc/thread-self/ns/net")
_NO_PORT = b"\0\0"
RING_BYTES = 16 << 20  # 160,000 records


KINDS_BY_MARK = tuple(OccurrenceKind)
"""Event kinds; the index is the mark in the record."""

TRACEPOINTS = (
    Tracepoint("inet_sock_set_state", KINDS_BY_MARK.index(OccurrenceKind.STATE), states=True),
    Tracepoint("tcp_retransmit_skb", KINDS_BY_MARK.index(OccurrenceKind.RETRANSMISSION)),
    Tracepoint("tcp_receive_reset", KINDS_BY_MARK.index(OccurrenceKind.RESET_RECEIVED)),
    Tracepoint("tcp_send_reset", KINDS_BY_MARK.index(OccurrenceKind.RESET_SENT)),
)


# State changes that only a system call of the program causes. For others the kernel reports an unrelated process.
CHANGES_BY_PROGRAM = frozenset(
    {
        (State.CLOSED, State.SYN_SENT),
        (State.SYN_RECEIVED, State.FIN_WAIT_1),
        (State.ESTABLISHED, State.FIN_WAIT_1),
        (State.CLOSE_WAIT, State.LAST_ACK),
    }
)


class TracepointEvents:
    """Events of the sockets in the network namespace in which it was opened, or in all. Not thread-safe."""

    message = "BPF: every change of state, retransmission and reset, as it happens"
    every_change = True
    capacity = RING_BYTES // EVENT_RECORD.size

    def __init__(self, ring: RingBuffer, programs: tuple[int, ...] = (), names_processes: bool = True) -> None:
        """`programs` are the descriptors of the programs that fill the ring; `close` closes them."""
        self._ring = ring
        self._programs = programs
        self._decode = partial(_transition, names_processes)

    @classmethod
    def open(cls, btf: Btf, size: int = RING_BYTES, everywhere: bool = False) -> "TracepointEvents":
        """Attach the programs; SourceError if the kernel refuses. A record takes 104 of the `size` bytes.

        `everywhere`: report the sockets of all network namespaces.
        """
        try:
            netns = None if everywhere else NETWORK_NAMESPACE.stat().st_ino
        except OSError as error:
            raise SourceError(f"{NETWORK_NAMESPACE} cannot be read ({error.strerror}).") from error
        names_processes = pids_are_ours()
        ring = RingBuffer(size, EVENT_RECORD.size)
        programs: list[int] = []
        try:
            for point in TRACEPOINTS:
                code = tracepoint(btf, point, netns, ring.map, ring.lost_map)
                programs.append(load_tracepoint(code, btf, point.name))
        except SourceError:
            cls(ring, tuple(programs)).close()
            raise
        return cls(ring, tuple(programs), names_processes)

    @property
    def lost(self) -> int:
        """How many events were lost since the start because `read` was not called in time."""
        return self._ring.lost

    def read(self) -> list[RawEvent]:
        """The events since the last call, in order per CPU."""
        cookie, decode = EVENT_COOKIE.unpack_from, self._decode
        return [(cookie(record)[0], record, decode) for record in self._ring.read()]

    def close(self) -> None:
        """Unload the programs."""
        for program in self._programs:
            os.close(program)
        self._ring.close()


def _transition(names_processes: bool, record: bytes) -> SocketEvent | None:
    """Decode one record; None if the kernel reports it for the wrong socket."""
    time_ns, cookie, local, remote, family, num, port, remote_port, mark, old, new, start_ns, command, pid = (
        EVENT_RECORD.unpack(record)
    )
    meaning = _meaning(mark, old, new)
    if meaning is None:
        return None
    kind, before, after, by_program = meaning
    ports = (num.to_bytes(2) if port == _NO_PORT else port) + remote_port
    if family == AF_INET:
        ends = local[:4] + remote[:4] + ports
    else:
        ends, _ = socket_ends(local, remote, ports)
    owner_of_change = _owner(start_ns, pid, command) if by_program and names_processes else None
    return SocketEvent(time_ns, cookie, ends, kind, before, after, Precision.EXACT, owner_of_change)


@lru_cache(maxsize=256)
def _meaning(mark: int, old: int, new: int) -> tuple[OccurrenceKind, State | None, State | None, bool] | None:
    """Kind, old and new state, and whether the program caused it; None if the record names the wrong socket.

    On some kernels the record of an incoming handshake has the listener's cookie. The next state change, out of
    SYN-RECEIVED, has the socket's own.
    """
    before, after = STATE_BY_NUMBER.get(old), STATE_BY_NUMBER.get(new)
    if before is State.LISTEN and after is State.SYN_RECEIVED:
        return None
    return KINDS_BY_MARK[mark], before, after, (before, after) in CHANGES_BY_PROGRAM


_owner = lru_cache(maxsize=1_024)(owner)
