"""The first thing to look at: an echo server that has a bug, and its clients, on one port of loopback.

Once `start` has returned, `ss -tan` shows of the port: one LISTEN; the CLOSE-WAIT of a connection that the server never
closes and the FIN-WAIT-2 at its client; two connections ESTABLISHED, one talking and one idle, both ends of each; and
one TIME-WAIT, never more than a few, as short visits come and go.
"""

import errno
from collections.abc import Callable
from typing import Self

from tcpwatch.errors import UsageError
from tcpwatch.lab.address import PORT
from tcpwatch.lab.child_process import ChildProcess, LabProcessError


class Demo:
    """The server and its clients, each a process of its own. As a context manager it starts and stops them.

    `port_owner` names the process that listens on a port, or gives None; it is called only where the port is taken.
    """

    def __init__(self, port: int = PORT, port_owner: Callable[[int], str | None] = lambda port: None) -> None:
        self.port = port
        self._port_owner = port_owner
        self._processes: list[ChildProcess] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes, the server first; none before `start` and after `stop`."""
        return tuple(process.pid for process in self._processes)

    def start(self) -> None:
        """Bring every situation about; takes about a quarter of a second. Start the capture first: it all happens now.

        UsageError where the port is taken or not allowed; LabProcessError where a process fails for another reason.
        """
        port = str(self.port)
        try:
            self._processes.append(ChildProcess("server", "--port", port, "--forget-first"))
            self._processes.append(ChildProcess("client", "--port", port))
        except LabProcessError as error:
            self.stop()
            raise self._explained(error) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the processes, clients first, and wait for them. Nothing stays but TIME-WAIT. Harmless when repeated."""
        while self._processes:
            self._processes.pop().stop()

    def _explained(self, error: LabProcessError) -> Exception:
        if error.exit_status == errno.EADDRINUSE:
            owner = self._port_owner(self.port) or "another process"
            return UsageError(f"port {self.port} is taken by {owner}: end that, or give the demo another --port")
        if error.exit_status == errno.EACCES:
            return UsageError(f"port {self.port} is not allowed to this user: give the demo a --port above 1023")
        return error
