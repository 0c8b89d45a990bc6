"""A report on a capture file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpwatch.cli.commands.report.capture_file import WholeTracker
from tcpwatch.report.folder import INDEX
from tcpwatch.tcp.state import State
from tcpwatch.wire.files.capture_file import read_records
from tests.cli.captures import as_frames, conversation, pcapng
from tests.conftest import Ended
from tests.narration.traces import OPENING
from tests.tcp.trace import segments

Tcpwatch = Callable[..., Ended]
FILES = {"index.html", "problems.md", "flows.ndjson", "packets.pcapng", "ladders.svg"}
PAYLOAD = b"GET / HTTP/1.1\r\nCookie: hunter2\r\n\r\n"


@pytest.fixture(autouse=True)
def keep_privileges(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests after these still need them."""
    monkeypatch.setattr("tcpwatch.cli.commands.report.capture_file.give_up_privileges", lambda: None)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A connection whose request has a secret behind its first line."""
    frames = [frame.replace(b"GET / HTTP/1.1\r\n\r\n", PAYLOAD) for frame in conversation()]
    frames[3] = frames[3][:16] + (40 + len(PAYLOAD)).to_bytes(2) + frames[3][18:]
    path = tmp_path / "secret.pcapng"
    path.write_bytes(pcapng(as_frames(*frames)))
    return path


def test_report_has_connections_ladders_and_frames(tcpwatch: Tcpwatch, capture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    ended = tcpwatch("report", "-r", capture, "-o", folder)
    assert ended.code == 0, ended.err
    assert ended.out == [f"{folder}/{INDEX}"]
    assert {path.name for path in folder.iterdir()} == FILES
    assert [json.loads(line)["responder"]["port"] for line in (folder / "flows.ndjson").read_text().splitlines()] == [
        80,
        443,
    ]
    page = (folder / INDEX).read_text()
    assert "two.pcapng" in page
    assert page.count("<figure") == 2
    assert "Nothing is wrong" in page
    with (folder / "packets.pcapng").open("rb") as file:
        assert len(list(read_records(file))) == 16


def test_port_picks_connections(tcpwatch: Tcpwatch, capture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    assert tcpwatch("report", "-r", capture, "-o", folder, "-p", "443").code == 0
    assert [json.loads(line)["responder"]["port"] for line in (folder / "flows.ndjson").read_text().splitlines()] == [
        443
    ]
    assert ":80" not in (folder / INDEX).read_text()
    with (folder / "packets.pcapng").open("rb") as file:
        assert len(list(read_records(file))) == 8


def test_payload_stays_out_unless_it_is_asked_for(tcpwatch: Tcpwatch, secret: Path, tmp_path: Path) -> None:
    assert tcpwatch("report", "-r", secret, "-o", tmp_path / "cut").code == 0
    assert not [path.name for path in (tmp_path / "cut").iterdir() if b"hunter2" in path.read_bytes()]
    with (tmp_path / "cut" / "packets.pcapng").open("rb") as file:
        request = list(read_records(file))[3]
    assert request[2].endswith(b"GET / HTTP/1.1\r\n")
    assert request[3] == 54 + len(PAYLOAD)
    assert tcpwatch("report", "-r", secret, "-o", tmp_path / "whole", "--payload").code == 0
    assert [path.name for path in (tmp_path / "whole").iterdir() if b"hunter2" in path.read_bytes()] == [
        "packets.pcapng"
    ]
    assert "it may hold secrets" in (tmp_path / "whole" / INDEX).read_text()


def test_damaged_file_is_told_of_as_far_as_it_goes(tcpwatch: Tcpwatch, capture: Path, tmp_path: Path) -> None:
    capture.write_bytes(capture.read_bytes()[:-10])
    ended = tcpwatch("report", "-r", capture, "-o", tmp_path / "report")
    assert ended.code == 2
    assert "two.pcapng" in ended.err
    assert "damaged" in (tmp_path / "report" / INDEX).read_text()
    assert len((tmp_path / "report" / "flows.ndjson").read_text().splitlines()) == 2


def test_file_without_a_segment_leaves_a_page_that_says_so(tcpwatch: Tcpwatch, capture: Path, tmp_path: Path) -> None:
    capture.write_bytes(pcapng([]))
    ended = tcpwatch("report", "-r", capture, "-o", tmp_path / "report")
    assert ended.code == 2
    assert "holds no TCP segment" in ended.err
    assert "holds no TCP segment" in (tmp_path / "report" / INDEX).read_text()


def test_file_that_is_not_there_leaves_no_folder(tcpwatch: Tcpwatch, tmp_path: Path) -> None:
    ended = tcpwatch("report", "-r", tmp_path / "none", "-o", tmp_path / "report")
    assert ended.code == 2
    assert not (tmp_path / "report").exists()


def test_folder_with_anything_in_it_is_refused(tcpwatch: Tcpwatch, capture: Path) -> None:
    ended = tcpwatch("report", "-r", capture, "-o", capture.parent)
    assert ended.code == 2
    assert "is not empty: choose another name" in ended.err
    assert list(capture.parent.iterdir()) == [capture]


def test_name_of_the_file_is_shown_as_it_stands(tcpwatch: Tcpwatch, capture: Path, tmp_path: Path) -> None:
    hostile = capture.rename(tmp_path / "<img src=x>|`a`\n.pcapng")
    assert tcpwatch("report", "-r", hostile, "-o", tmp_path / "report").code == 0
    assert "&lt;img src=x&gt;|`a`␊.pcapng" in (tmp_path / "report" / INDEX).read_text()
    assert "# tcpwatch report: \\<img src=x\\>\\|\\`a\\`␊.pcapng\n" in (tmp_path / "report" / "problems.md").read_text()


def test_words_are_in_the_language_that_was_asked_for(tcpwatch: Tcpwatch, capture: Path, tmp_path: Path) -> None:
    assert tcpwatch("report", "-r", capture, "-o", tmp_path / "report", "--lang", "zh").code == 0
    page = (tmp_path / "report" / INDEX).read_text()
    assert '<html lang="zh">' in page
    assert "Nothing is wrong" not in page


def test_connections_are_followed_to_the_end_though_pictures_are_not() -> None:
    tracker = WholeTracker()
    first, *rest = segments(OPENING)
    tracker.receive_segment(first)
    tracker.let_go()
    tracker.receive_segments(rest)
    (flow,) = tracker.flows()
    assert flow.state(0) is State.ESTABLISHED
