"""What is wrong in a capture file, in words: the command on files."""

import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from tcpwatch.lab.recordings import segments_of
from tests.cli.captures import as_frames, conversation, pcapng
from tests.conftest import Ended
from tests.wire.frames import tcp, too_big

Tcpwatch = Callable[..., Ended]


def test_zero_window_is_explained_with_the_frames_that_prove_it(tcpwatch: Tcpwatch) -> None:
    ended = tcpwatch("explain", "-r", str(segments_of("zero-window")))
    assert ended.code == 0
    assert ended.out[0].startswith("⚠ 127.0.0.1:9999 did not read: for 7.0s its receive window had no room")
    assert "frames 9, 11, 14, 16, 18" in "\n".join(ended.out)
    assert "[receive-window-shut, warn]" in "\n".join(ended.out)


def test_json_has_members_by_stream_and_frames(tcpwatch: Tcpwatch) -> None:
    ended = tcpwatch("explain", "--json", "-r", str(segments_of("reset")))
    [problem] = [json.loads(line) for line in ended.out]
    assert (problem["rule"], problem["severity"], problem["count"]) == ("reset-by-peer", "warn", 2)
    assert [one["stream"] for one in problem["members"]] == [0, 1]
    assert {one["cookie"] for one in problem["members"]} == {None}
    assert len(problem["frames"]) == 2


def test_port_narrows(tcpwatch: Tcpwatch) -> None:
    ended = tcpwatch("explain", "-p", "1", "-r", str(segments_of("reset")))
    assert (ended.code, ended.out) == (0, [])
    assert "Nothing is wrong with 0 connections" in ended.err


def test_ordinary_file_is_said_to_be_so_as_far_as_it_shows(tcpwatch: Tcpwatch, tmp_path: Path) -> None:
    file = tmp_path / "one.pcapng"
    file.write_bytes(pcapng(as_frames(*conversation())))
    ended = tcpwatch("explain", "-r", str(file))
    assert (ended.code, ended.out) == (0, [])
    assert "Nothing is wrong with 1 connection, as far as the capture shows." in ended.err


def test_damaged_file_has_its_problems_and_says_so(tcpwatch: Tcpwatch, tmp_path: Path) -> None:
    file = tmp_path / "cut.pcapng"
    file.write_bytes(segments_of("reset").read_bytes()[:-5])
    ended = tcpwatch("explain", "-r", str(file))
    assert ended.code == 2
    assert ended.out[0].startswith("⚠ ")
    assert "cut.pcapng" in ended.err


def test_flood_of_servers_is_bounded(tcpwatch: Tcpwatch, tmp_path: Path) -> None:
    syns = chain.from_iterable([conversation(port=1 + n, sport=2_000 + n)[0]] for n in range(40))
    frames = as_frames(*syns)
    late = (frames[-1][0] + 9_000_000_000, *frames[0][1:])
    file = tmp_path / "flood.pcapng"
    file.write_bytes(pcapng([*frames, late]))
    ended = tcpwatch("explain", "--json", "-r", str(file))
    found = [json.loads(line) for line in ended.out]
    assert sum(one["count"] for one in found) == 40
    assert len(found) == 33


def test_router_that_asks_for_smaller_segments_is_read_from_the_file(tcpwatch: Tcpwatch, tmp_path: Path) -> None:
    file = tmp_path / "mtu.pcapng"
    packets = conversation()
    file.write_bytes(pcapng(as_frames(*packets[:4], too_big(1_300, tcp(b"x" * 100, seq=1_001)), *packets[4:])))
    [line] = tcpwatch("explain", "--json", "-r", file).out
    problem = json.loads(line)
    assert (problem["rule"], problem["certainty"], problem["frames"]) == ("path-mtu", "certain", [5])
    assert problem["severity"] == "note"  # what it asks for was heeded
    assert "a router asks for 1,300 bytes at most (ICMP)" in problem["evidence"]
