import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpwatch.tcp.tracker import FlowTracker
from tests.cli.captures import as_frames, conversation, pcapng
from tests.conftest import Ended

Tcpwatch = Callable[..., Ended]


def test_file_gives_one_line_a_connection(tcpwatch: Tcpwatch, capture: Path) -> None:
    ended = tcpwatch("flows", "-r", capture)
    assert ended.code == 0
    assert [line.split()[:3] for line in ended.out] == [
        ["STREAM", "INITIATOR", "RESPONDER"],
        ["0", "10.0.0.1:40000", "10.0.0.2:80"],
        ["1", "10.0.0.1:40001", "10.0.0.2:443"],
    ]


def test_file_as_json_tells_how_it_opened_and_closed(tcpwatch: Tcpwatch, capture: Path) -> None:
    first, _ = (json.loads(line) for line in tcpwatch("flows", "-r", capture, "--json").out)
    assert (first["opened"], first["closed"], first["closed_by"]) == ("handshake", "three-segment", "initiator")
    assert (first["initiator"]["state"], first["responder"]["state"]) == ("TIME-WAIT", "CLOSED")
    assert (first["initiator"]["bytes"], first["responder"]["bytes"]) == (18, 27)
    assert (first["completeness"], first["handshake_rtt_ns"]) == (31, 2_000)


def test_port_picks_connections(tcpwatch: Tcpwatch, capture: Path) -> None:
    (only,) = tcpwatch("flows", "-r", capture, "--json", "-p", "443").out
    assert json.loads(only)["stream"] == 1


def test_filter_picks_connections(tcpwatch: Tcpwatch, capture: Path) -> None:
    (only,) = tcpwatch("flows", "-r", capture, "--json", "--filter", "port:443 state:time-wait").out
    assert json.loads(only)["stream"] == 1
    assert tcpwatch("flows", "-r", capture, "--filter", "state:established").out == []


def test_count_is_of_segments(tcpwatch: Tcpwatch, capture: Path) -> None:
    (only,) = tcpwatch("flows", "-r", capture, "--json", "-c", "3").out
    assert json.loads(only)["initiator"]["state"] == "ESTABLISHED"


def test_damaged_file_gives_its_connections_then_its_damage(tcpwatch: Tcpwatch, capture: Path) -> None:
    capture.write_bytes(capture.read_bytes()[:-3])
    ended = tcpwatch("flows", "-r", capture, "--json")
    assert (ended.code, len(ended.out)) == (2, 2)
    assert "the file ends after 85" in ended.err


def test_file_that_is_none_gives_nothing_but_the_error(tcpwatch: Tcpwatch, capture: Path) -> None:
    capture.write_text("hello")
    ended = tcpwatch("flows", "-r", capture)
    assert (ended.code, ended.out) == (2, [])


def test_connections_that_memory_has_no_room_for_are_told_all_the_same(
    tcpwatch: Tcpwatch, capture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcpwatch.cli.commands.flows.FlowTracker", lambda on_evict: FlowTracker(16, on_evict))
    frames = [packet for sport in range(40_000, 40_100) for packet in conversation(sport=sport)]
    capture.write_bytes(pcapng(as_frames(*frames)))
    found = [json.loads(line) for line in tcpwatch("flows", "-r", capture, "--json").out]
    assert [flow["stream"] for flow in found] == list(range(100))
    assert {flow["closed"] for flow in found} == {"three-segment"}
