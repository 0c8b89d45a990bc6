"""Output that cannot be written is a sentence and exit 1, for every command; a reader that goes is a quiet end."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

CAPTURE = Path(__file__).resolve().parents[1] / "captures" / "demo.pcapng"
COMMANDS = (
    ["--help"],
    ["--version"],
    ["sockets", "--help"],
    ["sockets"],
    ["sockets", "--json"],
    ["doctor"],
    ["doctor", "--json"],
    ["packets", "-r", str(CAPTURE)],
    ["packets", "-r", str(CAPTURE), "--json"],
    ["flows", "-r", str(CAPTURE)],
    ["flows", "-r", str(CAPTURE), "--json"],
    ["why"],
    ["why", "CLOSE-WAIT"],
    ["demo", "--list"],
)
Ended = subprocess.CompletedProcess[bytes]


def run(words: list[str], redirections: str, **environ: str) -> Ended:
    command = f"{shlex.join([sys.executable, '-m', 'tcpwatch', *words])} {redirections}"
    return subprocess.run(["sh", "-c", command], env=os.environ | environ, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_full_disk_or_a_closed_stdout_is_a_sentence(words: list[str]) -> None:
    full, closed, unbuffered = (
        run(words, ">/dev/full"),
        run(words, ">&-"),
        run(words, ">/dev/full", PYTHONUNBUFFERED="1"),
    )
    assert [full.returncode, closed.returncode, unbuffered.returncode] == [1, 1, 1]
    last = [ended.stderr.decode().splitlines()[-1] for ended in (full, closed, unbuffered)]
    assert last == [
        "tcpwatch: the output cannot be written: No space left on device",
        "tcpwatch: the output cannot be written: stdout is closed",
        "tcpwatch: the output cannot be written: No space left on device",
    ]
    assert not any(b"Traceback" in ended.stderr for ended in (full, closed, unbuffered))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_reader_that_has_gone_and_unheard_messages_are_no_failure(words: list[str]) -> None:
    for ended in (run(words, "| head -c1"), run(words, "2>&-"), run(words, "2>/dev/full")):
        assert (ended.returncode, b"Traceback" in ended.stderr + ended.stdout) == (0, False)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_locale_without_a_character_and_a_closed_stdin_still_show_everything(words: list[str]) -> None:
    ended = run(words, "<&-", PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stdout.isascii(), b"Traceback" in ended.stderr) == (0, True, False)
    if "--json" in words:
        assert all(json.loads(line) for line in ended.stdout.splitlines())


def test_closed_stdin_is_no_capture() -> None:
    ended = run(["packets", "-r", "-"], "<&-")
    assert (ended.returncode, ended.stderr) == (2, b"tcpwatch: stdin cannot be read: it is closed\n")


def test_files_opened_later_are_not_taken_for_a_closed_stream(tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.pcapng"
    ended = run(["packets", "-r", str(CAPTURE), "-w", str(recorded)], "2>&-")
    assert ended.returncode == 0
    assert b"tcpwatch:" not in recorded.read_bytes()


@pytest.mark.parametrize("limit", ["-n 5", "-n 8", "-n 12", "-v 40000", "-v 60000"])
def test_low_limit_is_a_sentence_or_no_matter(limit: str) -> None:
    command = shlex.join([sys.executable, "-m", "tcpwatch", "sockets"])
    ended = subprocess.run(["sh", "-c", f"ulimit {limit} && exec {command}"], capture_output=True, check=False)
    assert b"Traceback" not in ended.stderr
    assert ended.returncode in (0, 1)
    assert ended.returncode == 0 or ended.stderr.startswith(b"tcpwatch: ")


def test_without_proc_there_are_sockets_and_no_owners() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, for mounts of its own")
    command = shlex.join([sys.executable, "-m", "tcpwatch"])
    script = f"mount -t tmpfs none /proc && {command} sockets && {command} doctor"
    ended = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "○ owners    /proc, where they are looked for, is not mounted here" in ended.stdout
    if os.uname().machine == "x86_64":
        assert "seccomp: no program is started" in ended.stdout
