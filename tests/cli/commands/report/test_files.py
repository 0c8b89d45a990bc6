"""What fills a report's folder."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcpwatch.capture.last_frames import LastFrames
from tcpwatch.cli.commands.report.files import ReportPackets, default_folder, fill, filling, ndjson
from tcpwatch.errors import ReportError
from tcpwatch.report.folder import INDEX, ReportFolder
from tcpwatch.report.records.sockets import SOCKETS
from tcpwatch.wire.files.capture_file import read_records
from tcpwatch.wire.link import LINKTYPE_ETHERNET
from tests.capture.test_recording import file_size_limit
from tests.report.reports import contents
from tests.wire.frames import tcp_frame

NAMES = ("problems.md", "sockets.ndjson", "flows.ndjson", "packets.pcapng", "ladders.svg", "doctor.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[ReportFolder]:
    opened = ReportFolder(str(tmp_path / "report"), NAMES)
    yield opened
    opened.close()


def frames(*payloads: bytes) -> LastFrames:
    last = LastFrames(most_frames=2)
    last.add("lo", [(1, LINKTYPE_ETHERNET, tcp_frame(one), len(tcp_frame(one))) for one in payloads])
    return last


def test_every_file_is_filled_and_named_on_the_page(
    folder: ReportFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(folder, NAMES, contents(), ReportPackets(frames(b"a", b"b", b"c"), payload=False))
    report = tmp_path / "report"
    page = (report / INDEX).read_text()
    for name in NAMES:
        assert (report / name).stat().st_size > 0 or name == "flows.ndjson"
        assert f'href="{name}"' in page
    assert "1 earlier frames" in page
    assert json.loads((report / "sockets.ndjson").read_text())["state"] == "CLOSE-WAIT"
    assert (report / "doctor.txt").read_text() == "owners of java\n"
    out, err = capsys.readouterr()
    assert out == f"{report}/{INDEX}\n"
    assert err.endswith("is whole: 1 problem, 1 socket, 0 connections on the wire\n")


def test_frames_are_cut_unless_payload_is_asked_for(tmp_path: Path) -> None:
    for payload, expected in ((False, [54, 54]), (True, [60, 60])):
        (tmp_path / "a").write_bytes(b"".join(ReportPackets(frames(b"secret", b"secret"), payload).chunks()))
        with (tmp_path / "a").open("rb") as file:
            kept = list(read_records(file))
        assert [len(frame[2]) for frame in kept] == expected
        assert [frame[3] for frame in kept] == [60, 60]


def test_capture_without_a_frame_is_a_capture_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"".join(ReportPackets(LastFrames(), payload=False).chunks()))
    with (tmp_path / "a").open("rb") as file:
        assert list(read_records(file)) == []


def test_frames_left_out_are_counted() -> None:
    last = LastFrames()
    last.add("lo", [(1, LINKTYPE_ETHERNET, b"no TCP", 6)])
    packets = ReportPackets(last, payload=False)
    list(packets.chunks())
    assert any(remark.startswith("1 frames without a TCP header") for remark in packets.remarks(str))


def test_records_beyond_one_piece_are_all_there() -> None:
    (socket,) = contents().sockets or ()
    lines = b"".join(ndjson(SOCKETS, [socket] * 250)).splitlines()
    assert len(lines) == 250
    assert all(json.loads(line)["recv_q"] == 0 for line in lines)


def test_interruption_is_told_on_the_page(
    folder: ReportFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt), filling(folder):
        raise KeyboardInterrupt
    assert "it was interrupted" in (tmp_path / "report" / INDEX).read_text()
    assert "is not whole" in capsys.readouterr().err


def test_full_disk_ends_a_file_with_its_last_line(folder: ReportFolder, tmp_path: Path) -> None:
    (socket,) = contents().sockets or ()
    many = contents(sockets=[socket] * 1_000)
    cannot = pytest.raises(ReportError, match=r"sockets\.ndjson cannot be written")
    with file_size_limit(300_000), cannot, filling(folder):
        fill(folder, NAMES, many, ReportPackets(LastFrames(), payload=False))
    lines = (tmp_path / "report" / "sockets.ndjson").read_text().splitlines()
    assert 100 <= len(lines) < 1_000
    assert json.loads(lines[-1])["state"] == "CLOSE-WAIT"
    assert "sockets.ndjson cannot be written: File too large" in (tmp_path / "report" / INDEX).read_text()


def test_name_of_a_folder_has_nothing_for_a_shell_in_it() -> None:
    assert re.fullmatch(r"tcpwatch-report-web-3-a-b-\d{8}-\d{6}", default_folder("web-3/$(a) b"))
