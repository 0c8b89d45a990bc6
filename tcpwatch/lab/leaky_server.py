"""The first thing to look at: an echo server that has a bug, and its clients, on one port of loopback.

Once `start` has returned, `ss -tan` shows of the port: one LISTEN; the CLOSE-WAIT of a connection that the server never
closes and the FIN-WAIT-2 at its client; two connections ESTABLISHED, one talking and one idle, both ends of each; and
one TIME-WAIT, never more than a few, as short visits come and go.
"""

import errno
from collections.abc import Callable
from typing import Self

from tcpwatch.errors import UsageError
from tcpwatch.lab.child_process import ChildProcess, LabProcessError


class Demo:
    """The server and its clients, each a process of its own. As a context manager it starts and stops them.

    `who_holds` names the process that listens on a port, or gives None; it is asked only where the port is taken.
    """

    def __init__(self, port: int = 9999, who_holds: Callable[[int], str | None] = lambda port: None) -> None:
        self.port = port
        self._who_holds = who_holds
        self._programs: list[ChildProcess] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes, the server first; none before `start` and after `stop`."""
        return tuple(program.pid for program in self._programs)

    def start(self) -> None:
        """Bring every situation about; takes about a quarter of a second. Start the capture first: it all happens now.

        UsageError where the port is taken or not allowed; ProgramError where a program fails for another reason.
        """
        port = str(self.port)
        try:
            self._programs.append(ChildProcess("server", "--port", port, "--forget-first"))
            self._programs.append(ChildProcess("client", "--port", port))
        except LabProcessError as error:
            self.stop()
            raise self._explained(error) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the processes, clients first, and wait for them. Nothing stays but TIME-WAIT. Harmless when repeated."""
        while self._programs:
            self._programs.pop().stop()

    def _explained(self, error: LabProcessError) -> Exception:
        if error.exit_status == errno.EADDRINUSE:
            holder = self._who_holds(self.port) or "another process"
            return UsageError(f"port {self.port} is taken by {holder}: end that, or give the demo another --port")
        if error.exit_status == errno.EACCES:
            return UsageError(f"port {self.port} is not allowed to this user: give the demo a --port above 1023")
        return error
