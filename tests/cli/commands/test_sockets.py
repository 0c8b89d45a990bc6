import json
import socket
from collections.abc import Iterator

import pytest

from tcpwatch.cli import main

pytestmark = pytest.mark.e2e


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_sockets_of_a_port_are_one_line_each(listener: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sockets", "--json", "-p", str(listener)]) == 0
    [found] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (found["state"], found["local_port"], found["recv_q"]) == ("LISTEN", listener, None)
    assert [holder["command"] for holder in found["owners"]]


def test_sockets_as_text_have_titles_and_the_owner(listener: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sockets", "-p", str(listener)]) == 0
    titles, line = capsys.readouterr().out.splitlines()
    assert titles.split()[:3] == ["STATE", "RECV-Q", "SEND-Q"]
    assert f"127.0.0.1:{listener}" in line
    assert " fd " in line


def test_sockets_of_a_port_that_nobody_has_are_none(listener: int, capsys: pytest.CaptureFixture[str]) -> None:
    other = 1 if listener != 1 else 2
    assert main(["sockets", "--json", "-p", str(other)]) == 0
    assert capsys.readouterr().out == ""
