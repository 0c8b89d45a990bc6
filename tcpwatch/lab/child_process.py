"""A child process of the lab, seen from its parent.

Fresh interpreters and not forks: who starts the lab may have threads, and forked children would hold what the parent
has open. `-S -s -P` and a path of its own keep the start near 40 ms, from a checkout as well as installed.
"""

import os
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tcpwatch.errors import TcpwatchError
from tcpwatch.lab.child import READY

PACKAGE_HOME = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 10
ENDS_WITHIN_S = 2
PIECE_BYTES = 65_536


class LabProcessError(TcpwatchError):
    """A child process did not get ready; `exit_status` is an errno where the system refused it something."""

    def __init__(self, message: str, exit_status: int) -> None:
        super().__init__(message)
        self.exit_status = exit_status


def launch(name: str, *arguments: str, output: int | None) -> "subprocess.Popen[bytes]":
    """Start the module `tcpwatch.lab.<name>`; its lines go to `output`, None for where those of this process go."""
    return subprocess.Popen(
        [sys.executable, "-S", "-s", "-P", "-m", f"tcpwatch.lab.{name}", *arguments],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.DEVNULL,  # the terminal belongs to the dashboard
        bufsize=0,  # what is behind the first line stays in the pipe, for `new_lines`
        env=os.environ | {"PYTHONPATH": str(PACKAGE_HOME)},
        process_group=0,  # Ctrl-C in the terminal is for the parent alone
    )


class ChildProcess:
    """The module `tcpwatch.lab.<name>`, running and ready. It ends with `stop`, or with this process."""

    def __init__(self, name: str, *arguments: str) -> None:
        self._unfinished = b""
        self._process = launch(name, *arguments, output=subprocess.PIPE)
        message = self._first_line()
        if message != READY:
            self.stop()
            raise LabProcessError(
                f"the lab's {name} did not start: {message or 'no reason given'}", self._process.returncode
            )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def send(self, line: str) -> None:
        """Write a line to the process, or nothing where it is gone."""
        with suppress(BrokenPipeError):
            os.write(self._process.stdin.fileno(), f"{line}\n".encode())  # type: ignore[union-attr]

    def new_lines(self) -> list[str]:
        """The lines that it has written since the last call, or since it was ready; waits for none."""
        output = self._process.stdout
        while output is not None and select.select([output], [], [], 0)[0]:
            piece = os.read(output.fileno(), PIECE_BYTES)
            if not piece:
                break
            self._unfinished += piece
        *lines, self._unfinished = self._unfinished.split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def stop(self) -> None:
        """End the process and wait until it is gone."""
        try:
            self._process.communicate(timeout=ENDS_WITHIN_S)  # closes its standard input first
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def _first_line(self) -> str:
        """The first line of the process; empty where none comes in time."""
        output = self._process.stdout
        if output is None or not select.select([output], [], [], READY_WITHIN_S)[0]:
            return ""
        return output.readline().decode(errors="replace").rstrip("\n")
