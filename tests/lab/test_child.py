import errno
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lab.proc_net import needs_proc_net
from tests.system.test_landlock import version

pytestmark = pytest.mark.e2e

PROGRAM = """
import sys, threading
from tcpwatch.lab import child

def set_up():
    {set_up}

sys.exit(child.run_until_input_ends("tcpwatch-student", set_up, {play}))
"""


def run_child(set_up: str, play: str = "None") -> subprocess.CompletedProcess[str]:
    """A child whose parent ends its standard input at once."""
    command = [sys.executable, "-c", PROGRAM.format(set_up=set_up, play=play)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)


def test_run_ends_well_when_standard_input_ends() -> None:
    ended = run_child("pass")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ready\n", "")


def test_run_waits_for_no_thread() -> None:
    ended = run_child("threading.Thread(target=threading.Event().wait, daemon=True).start()")
    assert (ended.returncode, ended.stdout) == (0, "ready\n")


def test_run_says_why_it_could_not_set_up() -> None:
    ended = run_child(f"raise OSError({errno.EADDRINUSE}, 'Address already in use')")
    assert ended.returncode == errno.EADDRINUSE
    assert ended.stdout == f"[Errno {errno.EADDRINUSE}] Address already in use\n"


def test_run_error_without_number() -> None:
    ended = run_child("raise TimeoutError('too slow')")
    assert (ended.returncode, ended.stdout) == (1, "too slow\n")


@needs_proc_net
def test_run_takes_at_most_15_bytes_of_its_name() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(set_up="pass", play="None")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        assert Path(f"/proc/{running.pid}/comm").read_text() == "tcpwatch-studen\n"


@pytest.mark.skipif(not version(), reason="the kernel has no Landlock")
def test_run_changes_no_file(tmp_path: Path) -> None:
    ended = run_child(f"open({str(tmp_path / 'made')!r}, 'w')")
    assert (ended.returncode, ended.stdout[:9]) == (errno.EACCES, "[Errno 13")
    assert list(tmp_path.iterdir()) == []


def test_run_plays_once_ready_was_said() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(set_up="pass", play="lambda: child.send_line('playing')")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert [running.stdout.readline() for _ in range(2)] == [b"ready\n", b"playing\n"]
        assert running.poll() is None


def test_run_ends_in_the_middle_of_a_play() -> None:
    ended = run_child("pass", "threading.Event().wait")
    assert (ended.returncode, ended.stdout) == (0, "ready\n")


def test_run_obeys_each_line_of_its_parent() -> None:
    program = PROGRAM.format(set_up="pass", play="None").replace(
        "None)", "None, obey=lambda line: child.send_line(line[::-1]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], input="abc\nxy\n", capture_output=True, text=True, timeout=10, check=True
    )
    assert ended.stdout == "ready\ncba\nyx\n"


def test_run_ends_well_in_the_middle_of_a_line() -> None:
    """The line is longer than a pipe holds, so the thread is still at it when standard input ends."""
    command = [sys.executable, "-c", PROGRAM.format(set_up="pass", play="lambda: child.send_line('again' * 100_000)")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        assert running.stdout.read(1) == b"a"
        running.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            running.wait(0.3)
        assert len(running.stdout.read()) == 500_000
    assert running.returncode == 0
