"""A listener that turns clients away is named while it happens."""

import re
import sys

import pytest

from tests.e2e.conftest import Place
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.e2e

# One connection waits for accept(), one more is let in, and each SYN after that is dropped.
OVERFLOW = """
import socket, time
listening = socket.create_server(("127.0.0.1", 8085), backlog=1)
quiet = socket.create_server(("127.0.0.1", 8086))
input()
clients = [socket.socket() for _ in range(6)]
for client in clients:
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", 8085))
time.sleep(60)
"""


@pytest.mark.parametrize("options", [(), ("--no-bpf",)])
def test_listener_whose_accept_queue_overflows_is_told(
    tmux: None, place: Place, program: list[str], options: tuple[str, ...]
) -> None:
    with (
        place.running(sys.executable, "-c", OVERFLOW) as server,
        Terminal([*place.enter, *program, *options, "-p", "8085", "-p", "8086"], 120, 36) as terminal,
    ):
        place.wait_for_listener(8086)
        terminal.wait_for(":8086")
        assert server.stdin is not None
        server.stdin.write("\n")
        server.stdin.flush()
        terminal.wait_for("LISTEN with a full accept queue", "must accept() faster", "syn 0/1")
        terminal.press("n")
        screen = terminal.wait_for("2 connections in a queue for 1", " in the last minute")
        overflowed = re.search(r"new\s+ones\s+away,\s+(\d+)\s+times", screen)
        assert overflowed
        counted = place.run("nstat", "-azs", "TcpExtListenOverflows").stdout
        assert 4 <= int(overflowed[1]) <= int(re.findall(r"Overflows +(\d+)", counted)[0])
