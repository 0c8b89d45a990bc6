"""Every file of tests/scenarios: what is wrong with its connection, and that nothing else is."""

import tomllib
from pathlib import Path

import pytest

from tcpwatch.diagnose.problem import SEVERITY_RANK, Severity
from tests.diagnose.wire.traces import problems_of_segments
from tests.tcp.trace import ISNS, segments

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_has_its_problems_and_no_other(path: Path) -> None:
    scenario = tomllib.loads(path.read_text())
    of = segments([line.split("|")[0] for line in scenario["segments"]], scenario.get("isns", ISNS))
    found = {one.rule for one in problems_of_segments(of) if one.rank > SEVERITY_RANK[Severity.NOTE]}
    assert found == set(scenario.get("problems", ())), scenario["says"]
