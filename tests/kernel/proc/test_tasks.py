"""Threads from /proc, of processes that are made up and of real ones."""

import os
import socket
import threading
from pathlib import Path

import pytest

from tcpwatch.kernel.proc.tasks import read_threads
from tcpwatch.kernel.system_calls import system_calls
from tcpwatch.sockets.threads import ThreadsSeen, ThreadWait
from tests.kernel.proc.made_up_proc import process, thread

RECV = {"syscall": "45 0x39 0x7f00 0x1 0x0 0x0 0x0 0x7f 0x7f\n", "wchan": "wait_woken"}


def seen(home: Path) -> ThreadsSeen:
    directory = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return read_threads(directory)
    finally:
        os.close(directory)


@pytest.fixture
def x86_64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcpwatch.kernel.system_calls.CALLS", system_calls("x86_64"))


@pytest.mark.usefixtures("x86_64")
@pytest.mark.parametrize(
    ("state", "files", "expected"),
    [
        ("S", RECV, ThreadWait(7, "a) b", "recvfrom", 57, "wait_woken")),
        ("S", RECV | {"wchan": "0"}, ThreadWait(7, "a) b", "recvfrom", 57)),
        ("D", {"syscall": "-1 0x7f 0x7f\n", "wchan": "folio_wait"}, ThreadWait(7, "a) b", waits_in="folio_wait")),
        ("R", RECV, ThreadWait(7, "a) b", running=True)),
        ("S", {"syscall": "running\n", "wchan": "0"}, ThreadWait(7, "a) b", running=True)),
        ("T", RECV, ThreadWait(7, "a) b", stopped=True)),
        ("t", RECV, ThreadWait(7, "a) b", stopped=True)),
    ],
)
def test_thread(tmp_path: Path, state: str, files: dict[str, str], expected: ThreadWait) -> None:
    home = process(tmp_path, 7)
    thread(home, 7, files, state=state, name="a) b")
    assert seen(home) == ThreadsSeen((expected,), 1)


def test_threads_that_have_ended_do_not_count(tmp_path: Path) -> None:
    home = process(tmp_path, 7)
    thread(home, 7, RECV, state="Z")
    thread(home, 8, {}, state="S")  # its files are gone
    thread(home, 9, RECV)
    assert [each.tid for each in seen(home).threads] == [9]
    assert seen(home).total == 1


def test_threads_of_a_large_process_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcpwatch.kernel.proc.tasks.MOST_THREADS", 2)
    home = process(tmp_path, 7)
    for tid in range(7, 12):
        thread(home, tid, RECV)
    assert (len(seen(home).threads), seen(home).total) == (2, 5)


def test_own_thread_that_waits_in_accept() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        waiting = threading.Thread(target=lambda: listening.accept()[0].close())
        waiting.start()
        try:
            found: tuple[ThreadWait, ...] = ()
            while not found:
                found = seen(Path("/proc/self")).on(listening.fileno())
        finally:
            socket.create_connection(listening.getsockname()).close()
            waiting.join()
    assert [(each.tid, each.fd) for each in found] == [(waiting.native_id, found[0].fd)]
    assert found[0].waits_in == "inet_csk_accept"
