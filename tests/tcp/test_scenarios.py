"""Every file of tests/scenarios: after each segment its step, the states of both ends, its analysis and its note.

A line of `segments`: the segment (notation of trace.py) | step | initiator's and responder's state | analysis | note.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tcpwatch.tcp.tracker import FlowTracker
from tests.tcp.trace import ISNS, segments

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.toml"))
COLUMNS = 5


def columns(line: str) -> list[str]:
    """The five columns of a line, empty where it says `-` or nothing."""
    cells = ["" if cell.strip() == "-" else cell.strip() for cell in line.split("|")]
    return cells + [""] * (COLUMNS - len(cells))


def load(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_segment_by_segment(path: Path) -> None:
    scenario = load(path)
    expected = [columns(line) for line in scenario["segments"]]
    tracker = FlowTracker()
    for row, segment in zip(expected, segments([row[0] for row in expected], scenario.get("isns", ISNS)), strict=True):
        event = tracker.receive_segment(segment)
        flow = tracker.flows()[event.stream]
        states = " ".join((flow.state(0), flow.state(1)))
        assert [row[0], event.step or "", states, " ".join(event.analysis), event.note or ""] == row, scenario["says"]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_flows(path: Path) -> None:
    scenario = load(path)
    tracker = FlowTracker()
    for segment in segments([columns(line)[0] for line in scenario["segments"]], scenario.get("isns", ISNS)):
        tracker.receive_segment(segment)
    seen = [
        {
            "opened": flow.opened,
            "closed": flow.closed,
            "closed_by": flow.closed_by,
            "completeness": flow.completeness,
            "payload_bytes": [stream.payload_bytes for stream in flow.streams],
        }
        for flow in tracker.flows()
    ]
    assert seen == [{"closed": None, "closed_by": None} | flow for flow in scenario["flows"]], scenario["says"]
