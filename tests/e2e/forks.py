"""Runs of the program that a fork server begins: pid, streams and exit code, as of a process that was started here."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import IO, NamedTuple

SERVER = Path(__file__).with_name("fork_server.py")
LONGEST_RUN_S = 60


class Ended(NamedTuple):
    """What a run wrote that was not read before, and its exit code."""

    code: int
    out: str
    err: str


class Run:
    """A run of the program, whose streams are read as text."""

    def __init__(self, out: IO[str], err: IO[str], report: IO[str]) -> None:
        self.out, self.err, self._report = out, err, report
        self.pid = int(report.readline())
        self._ending = ""

    def has_stopped(self) -> bool:
        """Wait until it stops; False where it ends instead."""
        line = self._report.readline()
        if line == "stopped\n":
            return True
        self._ending = line
        return False

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            if not self._ending:
                os.kill(self.pid, number)

    def end(self) -> Ended:
        """Wait for its end, but no longer than a minute."""
        deadline = Timer(LONGEST_RUN_S, self.send_signal, [signal.SIGKILL])
        deadline.start()
        err = self.err.read()
        while not self._ending:
            self.has_stopped()
        deadline.cancel()
        if self.out.seekable():
            self.out.seek(0)
        return Ended(int(self._ending), self.out.read(), err)


class ForkServer:
    """The program, imported once and ready to run; a context manager."""

    def __init__(self, program: Sequence[str]) -> None:
        *python, dash_m, package = program
        assert (dash_m, package) == ("-m", "tcpwatch")
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen([*python, str(SERVER)], stdin=theirs)

    def __enter__(self) -> "ForkServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
        self._process.wait()

    @contextmanager
    def run(self, *words: str, out_to_file: bool = False) -> Iterator[Run]:
        """A run of these words, killed in the end. Much output needs a file, which is read when all of it is there."""
        with ExitStack() as ours, ExitStack() as theirs:
            out, write_out = file(ours) if out_to_file else pipe(ours, theirs)
            err, write_err = pipe(ours, theirs)
            report, write_report = pipe(ours, theirs)
            socket.send_fds(self._door, [json.dumps(words).encode()], [write_out, write_err, write_report])
            theirs.close()
            run = Run(out, err, report)
            ours.callback(run.send_signal, signal.SIGKILL)
            yield run


def pipe(ours: ExitStack, theirs: ExitStack) -> tuple[IO[str], int]:
    """The end to read from, and the one to write to."""
    read_end, write_end = os.pipe()
    return ours.enter_context(open(read_end)), theirs.enter_context(open(write_end, "wb")).fileno()


def file(ours: ExitStack) -> tuple[IO[str], int]:
    """A file without a name, to read from and to write to."""
    descriptor = os.memfd_create("out")
    return ours.enter_context(open(descriptor, "r+")), descriptor
