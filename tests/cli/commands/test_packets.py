import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpwatch.wire.files.capture_file import read_records
from tests.cli.captures import conversation
from tests.conftest import Ended

Tcpwatch = Callable[..., Ended]

STEPS = ["1/3 SYN", "2/3 SYN-ACK", "3/3 ACK", None, None, "1/4 FIN", "2+3/4 FIN-ACK", "4/4 ACK"]


def test_file_gives_one_line_a_segment(tcpwatch: Tcpwatch, capture: Path) -> None:
    ended = tcpwatch("packets", "-r", capture)
    assert (ended.code, len(ended.out)) == (0, 16)
    assert ended.out[0].endswith("10.0.0.1:40000 > 10.0.0.2:80 [SYN] seq 0 ack 0 win 512 len 0  1/3 SYN")


def test_file_as_json_has_steps_and_frame_numbers(tcpwatch: Tcpwatch, capture: Path) -> None:
    lines = [json.loads(line) for line in tcpwatch("packets", "-r", capture, "--json").out]
    assert [line["step"] for line in lines] == STEPS * 2
    assert [line["frame"] for line in lines] == [*range(1, 9), *range(10, 18)]
    assert {line["stream"] for line in lines} == {0, 1}


def test_port_of_either_end_picks_whole_lines(tcpwatch: Tcpwatch, capture: Path) -> None:
    every = tcpwatch("packets", "-r", capture, "--json").out
    assert tcpwatch("packets", "-r", capture, "--json", "--port", "443").out == every[8:]
    assert tcpwatch("packets", "-r", capture, "--json", "-p", "40001").out == every[8:]
    assert tcpwatch("packets", "-r", capture, "--json", "-p", "80", "-p", "443").out == every


def test_filter_picks_the_segments_of_connections_that_pass(tcpwatch: Tcpwatch, capture: Path) -> None:
    every = tcpwatch("packets", "-r", capture).out
    assert tcpwatch("packets", "-r", capture, "--filter", "port:443 host:10.0.0.2").out == every[8:]
    assert tcpwatch("packets", "-r", capture, "--filter", "port:443", "-c", "2").out == every[8:10]
    assert tcpwatch("packets", "-r", capture, "--filter", "prt:443").err.startswith("tcpwatch: filter, column 1")


def test_count_ends_the_reading(tcpwatch: Tcpwatch, capture: Path) -> None:
    every = tcpwatch("packets", "-r", capture).out
    assert tcpwatch("packets", "-r", capture, "--count", "2").out == every[:2]
    assert tcpwatch("packets", "-r", capture, "-p", "443", "-c", "2").out == every[8:10]


def test_frames_without_a_segment_are_counted_by_reason(tcpwatch: Tcpwatch, capture: Path) -> None:
    assert tcpwatch("packets", "-r", capture).err == "tcpwatch: frames without a segment to show: UDP 1\n"


def test_damaged_file_gives_what_is_whole_then_its_damage(tcpwatch: Tcpwatch, capture: Path) -> None:
    every = tcpwatch("packets", "-r", capture).out
    capture.write_bytes(capture.read_bytes()[:-3])
    ended = tcpwatch("packets", "-r", capture)
    assert (ended.code, ended.out) == (2, every[:-1])
    assert "two.pcapng: block 19 at byte 1,580 claims 88 bytes; the file ends after 85." in ended.err


def test_missing_file_is_an_error(tcpwatch: Tcpwatch, tmp_path: Path) -> None:
    ended = tcpwatch("packets", "-r", tmp_path / "none")
    assert (ended.code, ended.out) == (2, [])
    assert "none cannot be read: No such file" in ended.err


def test_file_and_interface_exclude_each_other(tcpwatch: Tcpwatch, capture: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        tcpwatch("packets", "-r", capture, "-i", "lo")


def recorded(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return [data for _, _, data, _ in read_records(file)]


def test_recording_has_every_frame(tcpwatch: Tcpwatch, capture: Path, tmp_path: Path) -> None:
    ended = tcpwatch("packets", "-r", capture, "--write", tmp_path / "new")
    assert recorded(tmp_path / "new") == recorded(capture)
    assert f"17 frames recorded in {tmp_path}/new" in ended.err


def test_recording_of_a_port_has_its_frames(tcpwatch: Tcpwatch, capture: Path, tmp_path: Path) -> None:
    tcpwatch("packets", "-r", capture, "-p", "443", "-w", tmp_path / "new")
    assert recorded(tmp_path / "new") == conversation(443, sport=40001)


def test_recording_over_a_file_is_refused(tcpwatch: Tcpwatch, capture: Path) -> None:
    before = capture.read_bytes()
    ended = tcpwatch("packets", "-r", capture, "-w", capture)
    assert (ended.code, ended.out) == (2, [])
    assert "is there already" in ended.err
    assert capture.read_bytes() == before
