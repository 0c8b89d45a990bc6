"""What is wrong, in words: the command on real sockets."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.lab.proc_net import eventually

pytestmark = pytest.mark.e2e


def ran(*words: str) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, since it gives up its privileges."""
    return subprocess.run(
        [sys.executable, "-m", "tcpwatch", *words], capture_output=True, text=True, timeout=60, check=False
    )


def has_leak(port: int) -> bool:
    return bool(ran("explain", "--json", "-p", str(port)).stdout)


@pytest.fixture(scope="module")
def leak() -> Iterator[int]:
    """The port of a server that has not closed what its clients closed more than two seconds ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
        accepted = [server.accept()[0] for _ in clients]
        for client in clients:
            client.close()
        assert eventually(lambda: has_leak(port), within_s=20)
        yield port
        for one in accepted:
            one.close()


def test_leak_is_named_with_its_program_and_its_sockets(leak: int) -> None:
    ended = ran("explain", "--json", "-p", str(leak))
    [problem] = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0
    assert problem["rule"].startswith("close-wait")
    assert (problem["severity"], problem["level"], problem["count"]) == ("warn", "program", 4)
    assert {one["state"] for one in problem["members"]} == {"CLOSE-WAIT"}
    assert problem["age_ns"] >= 2_000_000_000


def test_text_begins_with_the_sentence(leak: int) -> None:
    lines = ran("explain", "-p", str(leak)).stdout.splitlines()
    assert lines[0].startswith("⚠ ")
    assert any(f"sport = :{leak}" in line for line in lines)


def test_port_without_trouble_is_said_to_have_none(leak: int) -> None:
    other = 1 if leak != 1 else 2
    ended = ran("explain", "-p", str(other))
    assert ended.stdout == ""
    assert "Nothing is wrong" in ended.stderr
