"""/proc/net/tcp and tcp6 (Linux, proc_net_tcp.rst): the socket table as text, used if netlink is refused.

It has no cookies, no `tcp_info` and no accept queue length, but every container may read it.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import Struct

from tcpwatch.errors import SourceError
from tcpwatch.kernel.ends import ends_cookie, socket_ends
from tcpwatch.kernel.sock_diag.inet_diag import STATE_BY_NUMBER, TIMER_BY_NUMBER
from tcpwatch.kernel.users import known_uid
from tcpwatch.sockets.row import SocketRow, Timer
from tcpwatch.tcp.state import State

_NATIVE = Struct("=I")

CLOCK_TICK_MS = 10  # USER_HZ, the unit of the timer column


class ProcNet:
    """A reader of the two tables. `skipped` counts the damaged lines of the last dump."""

    name = "proc_net"

    def __init__(
        self, why: str = "", root: Path = Path("/proc/net"), clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """`why` is the reason why netlink is not used; `clock` returns monotonic nanoseconds."""
        self.message = f"/proc/net/tcp, without TCBs. {why}".rstrip()
        self.skipped = 0
        self._tables = (root / "tcp", root / "tcp6")
        self._clock = clock

    def dump(self) -> list[SocketRow]:
        """Every TCP socket of the network namespace once. Raises SourceError if the IPv4 table is missing."""
        self.skipped = 0
        now_ns = self._clock()
        rows = {row.cookie: row for line in self._lines() if (row := self._row(line, now_ns)) is not None}
        return list(rows.values())

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _lines(self) -> Iterator[str]:
        ipv4, ipv6 = self._tables
        try:
            yield from ipv4.read_text(encoding="ascii", errors="replace").splitlines()[1:]
        except OSError as error:
            raise SourceError(f"{ipv4} cannot be read ({error.strerror}).") from error
        if ipv6.exists():  # absent if IPv6 is disabled
            yield from ipv6.read_text(encoding="ascii", errors="replace").splitlines()[1:]

    def _row(self, line: str, now_ns: int) -> SocketRow | None:
        try:
            return _parse(line, now_ns)
        except (ValueError, KeyError):
            self.skipped += 1
            return None


def _parse(line: str, now_ns: int) -> SocketRow:
    """One line as a row; ValueError or KeyError if it is damaged."""
    _, local, remote, state_number, queues, timer, retransmits, uid, _, inode_text, *_ = line.split()
    state = STATE_BY_NUMBER[int(state_number, 16)]
    (local_address, local_port), (remote_address, remote_port) = _end(local), _end(remote)
    ends, mapped = socket_ends(local_address, remote_address, local_port + remote_port)
    send_q, recv_q = (int(queue, 16) for queue in queues.split(":"))
    timer_number, expires = (int(part, 16) for part in timer.split(":"))
    kind = TIMER_BY_NUMBER.get(timer_number)
    inode, listens = int(inode_text), state is State.LISTEN
    return SocketRow(
        cookie=ends_cookie(ends, distinct=inode if listens else 0),
        ends=ends,
        mapped=mapped,
        state=state,
        uid=known_uid(int(uid), inode),
        inode=inode,
        recv_q=None if listens else recv_q,
        send_q=None if listens else send_q,
        timer=Timer(kind, expires * CLOCK_TICK_MS, int(retransmits, 16), now_ns) if kind else None,
        read_ns=now_ns,
    )


def _end(text: str) -> tuple[bytes, bytes]:
    """Address and port in network order; the kernel prints the address as 32-bit words in host byte order."""
    address, port = (bytes.fromhex(part) for part in text.split(":"))
    if len(address) not in (4, 16) or len(port) != 2:
        raise ValueError(text)
    words = (int.from_bytes(address[start : start + 4]) for start in range(0, len(address), 4))
    return b"".join(_NATIVE.pack(word) for word in words), port
