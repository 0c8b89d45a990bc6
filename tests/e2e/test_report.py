"""A report on a program that leaks connections: for root, for a caller of sudo, for a plain user; broken off; cut."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import NOBODY, Place, read_until

pytestmark = pytest.mark.e2e

BEHIND_SUDO = ("env", f"SUDO_UID={NOBODY}", f"SUDO_GID={NOBODY}")
ROOT_ALONE = ("env", "-u", "SUDO_UID", "-u", "SUDO_GID", "-u", "DOAS_USER", "-u", "PKEXEC_UID")
NAME = "<b>`|x"
SECRET = b"hunter2"
PORT = 8080
LEAK = f"""
import socket, threading, time
open("/proc/self/comm", "w").write({NAME!r})
listener = socket.create_server(("127.0.0.1", {PORT}))
kept = []
def serve():
    while True:
        one = listener.accept()[0]
        one.recv(1000)
        one.sendall(b"HTTP/1.1 404 Not Found\\r\\nSet-Cookie: hunter2\\r\\n\\r\\n")
        kept.append(one)
threading.Thread(target=serve, daemon=True).start()
print("ready", flush=True)
while True:
    with socket.create_connection(("127.0.0.1", {PORT})) as client:
        client.sendall(b"GET /<script> HTTP/1.1\\r\\nCookie: hunter2\\r\\n\\r\\n")
        client.recv(1000)
    time.sleep(0.1)
"""
ON_HOST = {"index.html", "problems.md", "sockets.ndjson", "doctor.txt"}
ON_WIRE = {"flows.ndjson", "packets.pcapng", "ladders.svg"}


@pytest.fixture
def leak(place: Place) -> "Iterator[subprocess.Popen[str]]":
    """A program with a hostile name that closes no connection, and its clients."""
    with place.running(sys.executable, "-c", LEAK) as process:
        read_until("ready", process.stdout)
        yield process


def report(place: Place, folder: Path, *words: str, looks: str = "4") -> "subprocess.CompletedProcess[str]":
    return place.run(*words, "report", "--for", looks, "-o", str(folder))


@pytest.mark.usefixtures("leak")
def test_root_s_report_has_the_leak_with_its_program_and_its_ladders(
    place: Place, program: list[str], open_folder: Path
) -> None:
    folder = open_folder / "report"
    done = report(place, folder, *ROOT_ALONE, *program)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder}/index.html\n"
    assert {path.name for path in folder.iterdir()} == ON_HOST | ON_WIRE
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {(path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()} == {(0, 0o600)}
    page, problems = (folder / "index.html").read_text(), (folder / "problems.md").read_text()
    assert "&lt;b&gt;`|x/" in page
    assert "<b>" not in page
    assert "<script" not in page
    assert "GET /&lt;script&gt; HTTP/1.1" in page
    assert '<a href="#ladder-1">1</a>' in page
    assert "\\<b\\>\\`\\|x/" in problems
    assert "close-wait-leak" in problems
    sockets = [json.loads(line) for line in (folder / "sockets.ndjson").read_text().splitlines()]
    assert any(one["state"] == "CLOSE-WAIT" and one["owners"][0]["command"] == NAME for one in sockets)
    flows = [json.loads(line) for line in (folder / "flows.ndjson").read_text().splitlines()]
    assert flows
    assert all(PORT in (flow["initiator"]["port"], flow["responder"]["port"]) for flow in flows)
    assert not [path.name for path in folder.iterdir() if SECRET in path.read_bytes()]
    assert b"HTTP/1.1 404 Not Found\r\n" in (folder / "packets.pcapng").read_bytes()


@pytest.mark.usefixtures("leak")
def test_frames_can_be_read_by_others(place: Place, program: list[str], open_folder: Path) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("needs tshark")
    done = report(place, open_folder / "report", *ROOT_ALONE, *program, looks="1")
    assert done.returncode == 0, done.stderr
    tshark = ("tshark", "-r", str(open_folder / "report" / "packets.pcapng"), "-Y", "http.request")
    fields = ("-T", "fields", "-e", "tcp.len", "-e", "http.request.line")
    listed = subprocess.run([*tshark, *fields], capture_output=True, text=True, check=True).stdout.splitlines()
    assert listed
    assert {line.strip() for line in listed} == {str(len(b"GET /<script> HTTP/1.1\r\nCookie: hunter2\r\n\r\n"))}


@pytest.mark.usefixtures("leak")
def test_caller_of_sudo_owns_his_report(place: Place, program: list[str], open_folder: Path) -> None:
    done = report(place, open_folder / "report", *BEHIND_SUDO, *program, looks="1")
    assert done.returncode == 0, done.stderr
    every = (open_folder / "report", *(open_folder / "report").iterdir())
    assert {path.stat().st_uid for path in every} == {NOBODY}
    assert {path.name for path in every[1:]} == ON_HOST | ON_WIRE
    assert "CLOSE-WAIT" in (open_folder / "report" / "sockets.ndjson").read_text()


def test_caller_of_sudo_makes_no_folder_where_he_may_not(place: Place, program: list[str], open_folder: Path) -> None:
    open_folder.chmod(0o755)
    done = report(place, open_folder / "report", *BEHIND_SUDO, *program, looks="0")
    assert f"cannot be made: Permission denied for the calling user (uid {NOBODY})" in done.stderr
    assert done.returncode == 2
    assert list(open_folder.iterdir()) == []


@pytest.mark.usefixtures("leak")
def test_plain_user_s_report_says_what_was_not_looked_at(
    place: Place, plain_program: list[str], open_folder: Path
) -> None:
    folder = open_folder / "report"
    done = report(place, folder, *plain_program)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in folder.iterdir()} == ON_HOST
    assert "CLOSE-WAIT" in (folder / "problems.md").read_text()
    assert "not looked at: packets: capturing on any needs CAP\\_NET\\_RAW" in (folder / "problems.md").read_text()
    assert "CAP_NET_RAW" in (folder / "index.html").read_text()


def test_report_without_bpf_is_whole_too(place: Place, program: list[str], open_folder: Path) -> None:
    done = place.run(*program, "report", "--no-bpf", "--for", "0", "-i", "lo", "-o", str(open_folder / "report"))
    assert done.returncode == 0, done.stderr
    assert "Nothing is wrong" in (open_folder / "report" / "index.html").read_text()


def test_interrupted_report_says_so(place: Place, program: list[str], open_folder: Path) -> None:
    words = (*program, "report", "--for", "30", "-o", str(open_folder / "report"))
    with place.running(*words) as process:
        read_until("looking for 30s", process.stderr)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert err.splitlines()[-1].endswith("is not whole, and its index.html says so")
    assert "it was interrupted" in (open_folder / "report" / "index.html").read_text()


@pytest.mark.usefixtures("leak")
def test_full_disk_is_one_sentence(place: Place, program: list[str], open_folder: Path) -> None:
    script = f"mount -t tmpfs -o size=24k,mode=777 none {open_folder} && {' '.join(program)} report --for 1 -o"
    script += f" {open_folder}/report; code=$?; cat {open_folder}/report/index.html; exit $code"
    done = place.run("unshare", "-m", "sh", "-c", script)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("cannot be written: No space left on device; the report is not whole")
    assert "No space left on device" in done.stdout
    assert "not whole" in done.stdout


def test_default_folder_is_in_the_current_one(place: Place, program: list[str], open_folder: Path) -> None:
    script = f"cd {open_folder} && PYTHONPATH={os.getcwd()} exec {' '.join(program)} report --for 0"
    done = place.run("sh", "-c", script)
    assert done.returncode == 0, done.stderr
    (made,) = open_folder.iterdir()
    assert made.name.startswith("tcpwatch-report-")
    assert done.stdout == f"{made.name}/index.html\n"
