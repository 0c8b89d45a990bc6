"""The real command recording real traffic, until it is counted out or ended."""

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tcpwatch.wire.files.capture_file import read_records
from tests.e2e.conftest import NOBODY, PATIENCE_S, Place

pytestmark = pytest.mark.e2e

PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
CONNECT = "import socket; socket.create_connection(('127.0.0.1', 8084)).close()"


def frames_in(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in read_records(file))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_recording_is_whole_after_a_signal(place: Place, program: list[str], open_folder: Path, number: int) -> None:
    path = open_folder / "live.pcapng"
    owned = ["env", f"SUDO_UID={NOBODY}", f"SUDO_GID={NOBODY}"]
    with (
        place.running("python3", "-m", "http.server", "8084", "--bind", "127.0.0.1"),
        place.running(*owned, *program, "packets", "-i", "lo", "-p", "8084", "-w", str(path)) as recorder,
    ):
        assert recorder.stderr is not None
        assert "capturing on lo" in recorder.stderr.readline()
        place.wait_for_listener(8084)
        place.run("python3", "-c", CONNECT)
        deadline = time.monotonic() + PATIENCE_S
        while frames_in(path) < 6:
            assert time.monotonic() < deadline, "nothing is recorded"
            time.sleep(0.02)
        recorder.send_signal(number)
        _, message = recorder.communicate(timeout=PATIENCE_S)
        assert recorder.returncode == 128 + number
    assert f"{frames_in(path)} frames recorded in {path}" in message
    assert (path.stat().st_uid, path.stat().st_mode & 0o777) == (NOBODY, 0o600)
    for tool in (["capinfos", "-c", str(path)], ["tcpdump", "-nr", str(path)]):
        if shutil.which(tool[0]):
            assert subprocess.run(tool, capture_output=True, check=False).returncode == 0


def test_live_flows_are_told_when_interrupted(place: Place, program: list[str]) -> None:
    with (
        place.running("python3", "-m", "http.server", "8084", "--bind", "127.0.0.1"),
        place.running(*program, "flows", "-i", "lo", "-p", "8084", "--json") as watcher,
    ):
        assert watcher.stderr is not None
        assert "capturing on lo" in watcher.stderr.readline()
        place.wait_for_listener(8084)
        place.run("python3", "-c", CONNECT)
        time.sleep(0.3)  # the ring hands frames over every 50 ms, and nothing tells that it has
        watcher.send_signal(signal.SIGINT)
        out, _ = watcher.communicate(timeout=PATIENCE_S)
        assert watcher.returncode == 130
    (flow,) = map(json.loads, out.splitlines())
    assert (flow["opened"], flow["responder"]["port"]) == ("handshake", 8084)


def test_reader_that_goes_away_ends_the_command_quietly(program: list[str]) -> None:
    capture = Path(__file__).resolve().parents[1] / "captures" / "demo.pcapng"
    with subprocess.Popen([*program, "packets", "-r", "-"], **PIPES) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert reader.stderr is not None
        reader.stdin.write(capture.read_bytes())
        reader.stdin.flush()
        assert b"1/3 SYN" in reader.stdout.readline()
        reader.stdout.close()
        reader.stdin.write(capture.read_bytes())
        reader.stdin.close()
        assert reader.stderr.read() == b""
    assert reader.returncode == 0
