"""A format that is added as one file and one row writes the records of every command."""

import csv
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpwatch.report import formats
from tcpwatch.report.formats import FORMATS, Format
from tests.cli.captures import as_frames, conversation, pcapng
from tests.conftest import Ended

Tcpwatch = Callable[..., Ended]
FILE = '''
"""Comma-separated values."""

import csv
from io import StringIO


def open_writer(schema, output):
    def put(values):
        text = StringIO()
        csv.writer(text, lineterminator="").writerow(values)
        output.add(text.getvalue())

    def write(records):
        for row in schema.flat_rows(records):
            put(row)

    put([column.name for column in schema.flat_columns])
    return write
'''


@pytest.fixture(autouse=True)
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The format `csv_of_a_test`, in a folder of its own."""
    folder = tmp_path / "formats"
    folder.mkdir()
    (folder / "csv_of_a_test.py").write_text(FILE)
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(folder)])
    monkeypatch.setitem(FORMATS, "csv_of_a_test", Format("csv_of_a_test", "comma-separated values"))


def rows(ended: Ended) -> list[dict[str, str]]:
    assert ended.code == 0
    return list(csv.DictReader(ended.out, strict=True))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "one.pcapng"
    path.write_bytes(pcapng(as_frames(*conversation(80))))
    return path


def test_added_format_writes_packets(tcpwatch: Tcpwatch, capture: Path) -> None:
    found = rows(tcpwatch("packets", "-r", capture, "--format", "csv_of_a_test"))
    assert len(found) == 8
    assert (found[1]["src_ip"], found[1]["src_port"], found[1]["step"]) == ("10.0.0.2", "80", "2/3 SYN-ACK")


def test_added_format_writes_flows(tcpwatch: Tcpwatch, capture: Path) -> None:
    [found] = rows(tcpwatch("flows", "-r", capture, "--format", "csv_of_a_test"))
    assert (found["initiator_state"], found["responder_bytes"], found["closed"]) == ("TIME-WAIT", "27", "three-segment")


@pytest.mark.e2e
def test_added_format_writes_sockets(tcpwatch: Tcpwatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        [found] = rows(tcpwatch("sockets", "-p", port, "--format", "csv_of_a_test"))
    assert (found["state"], found["local_port"], found["recv_q"]) == ("LISTEN", port, "")


@pytest.mark.e2e
def test_added_format_writes_checks(tcpwatch: Tcpwatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcpwatch.cli.commands.doctor.give_up_privileges", lambda *_: None)
    found = rows(tcpwatch("doctor", "--format", "csv_of_a_test"))
    assert [row["name"] for row in found][:4] == ["sockets", "owners", "events", "resets"]
