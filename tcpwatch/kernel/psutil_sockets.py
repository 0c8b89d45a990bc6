"""The socket table of any system that psutil supports.

It has no cookies, queues, timers or TCBs. It has the process of each socket, so the rows contain their owners.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from types import ModuleType
from typing import Any

from tcpwatch.errors import SourceError, UsageError
from tcpwatch.kernel.ends import ends_cookie, socket_ends
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.tcp.state import State, parse_state
from tcpwatch.text.clean import clean
from tcpwatch.text.quantity import counted

_MESSAGE = "psutil: states and owners, without queues, timers and TCBs"
_TICKS = 100  # Owner.start_ticks per second
_WITHOUT_PROGRAM = frozenset({State.TIME_WAIT, State.SYN_RECEIVED})
_WITH_PROGRAM = frozenset({State.LISTEN, State.SYN_SENT})


class PortableSockets:
    """The socket table by psutil. `skipped` counts the entries of the last dump without a TCP state."""

    name = "psutil"

    def __init__(self, psutil: ModuleType | None = None, privileged: bool | None = None) -> None:
        """`privileged`: this user may see all processes, so a socket without a process really has none."""
        if psutil is None:
            import psutil
        self._psutil: Any = psutil
        self._privileged = os.geteuid() == 0 if privileged is None else privileged
        self.message = _MESSAGE
        self.skipped = 0
        self._processes: dict[int, tuple[int, str] | None] = {}

    def dump(self) -> list[SocketRow]:
        """Every TCP socket that psutil sees; entries with the same ends become one row."""
        self.skipped = 0
        self._processes = {}
        rows: dict[bytes, SocketRow] = {}
        for entry, pid in self._entries():
            try:
                row = self._row(entry, pid)
            except UsageError:  # not a TCP state
                self.skipped += 1
            else:
                rows[row.ends] = _merged(rows[row.ends], row) if row.ends in rows else row
        return list(rows.values())

    def close(self) -> None:
        """Do nothing: no resource is open."""

    def _entries(self) -> Iterator[tuple[Any, int | None]]:
        """psutil's entries with their pids. If it may not list all (macOS): those of the processes it may read."""
        try:
            entries = self._psutil.net_connections("tcp")
        except self._psutil.AccessDenied:
            yield from self._entries_by_process()
        except OSError as error:
            raise SourceError(f"psutil cannot list the TCP sockets ({error}).") from error
        else:
            yield from ((entry, entry.pid) for entry in entries)

    def _entries_by_process(self) -> Iterator[tuple[Any, int | None]]:
        denied = 0
        for process in self._psutil.process_iter():
            try:
                yield from ((entry, process.pid) for entry in process.net_connections("tcp"))
            except self._psutil.AccessDenied:
                denied += 1
            except self._psutil.NoSuchProcess:
                continue
        self.message = f"{_MESSAGE}; those of {counted(denied, 'process')} are hidden from this user: run it with sudo"

    def _row(self, entry: Any, pid: int | None) -> SocketRow:
        """Raises UsageError if the entry has no TCP state."""
        state = parse_state(entry.status)
        ends, mapped = _ends(entry.laddr, entry.raddr)
        process = self._process(pid) if pid is not None else None
        return SocketRow(
            cookie=ends_cookie(ends),
            ends=ends,
            mapped=mapped,
            state=state,
            uid=None,
            inode=0,
            recv_q=None,
            send_q=None,
            owners=(Owner(pid, *process, entry.fd),) if pid is not None and process else self._no_owner(state),
        )

    def _process(self, pid: int) -> tuple[int, str] | None:
        """Start time and name of the process, read once per dump; None if it has ended."""
        if pid not in self._processes:
            try:
                process = self._psutil.Process(pid)
                self._processes[pid] = int(process.create_time() * _TICKS), clean(process.name())
            except self._psutil.Error:
                self._processes[pid] = None
        return self._processes[pid]

    def _no_owner(self, state: State) -> NoOwner | None:
        """Why psutil reports no process; None if the state already explains it."""
        if state in _WITHOUT_PROGRAM:
            return None
        if not self._privileged:
            return NoOwner.NEEDS_ROOT
        return NoOwner.NOT_FOUND if state in _WITH_PROGRAM else None


def _merged(row: SocketRow, other: SocketRow) -> SocketRow:
    """One row for a socket that is open in two processes."""
    if not isinstance(row.owners, tuple) or not isinstance(other.owners, tuple):
        return row
    return replace(row, owners=row.owners + other.owners)


def _ends(local: Any, remote: Any) -> tuple[bytes, bool]:
    address = ip_address(local.ip).packed
    peer, peer_port = (ip_address(remote.ip).packed, remote.port) if remote else (bytes(len(address)), 0)
    return socket_ends(address, peer, local.port.to_bytes(2) + peer_port.to_bytes(2))
