"""The scenarios that the package finds, and the page that maps lessons to them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tcpwatch.errors import UsageError
from tcpwatch.lab.scenarios import SCENARIOS, find_scenario

LESSONS = 38
ROW = re.compile(r"\| (\d+) \| [^|]+ \| ([^|]+) \| [^|]+ \|")
PAGE = Path(__file__).resolve().parents[3] / "docs/lessons.md"


def mapped() -> dict[int, set[str]]:
    """Lesson -> scenarios, as the page says."""
    rows = (ROW.fullmatch(line) for line in PAGE.read_text().splitlines())
    return {int(row[1]): set(row[2].split(", ")) for row in rows if row}


def test_every_lesson_is_mapped() -> None:
    assert sorted(mapped()) == list(range(1, LESSONS + 1))


def test_page_and_table_agree() -> None:
    taught = {lesson: {s.name for s in SCENARIOS.values() if lesson in s.lessons} for lesson in mapped()}
    assert mapped() == taught


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_is_a_program_that_says_what_to_watch(name: str) -> None:
    scenario = SCENARIOS[name]
    assert callable(scenario.play)
    assert "Watch" in scenario.watch
    assert scenario.title
    assert scenario.lessons


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_has_the_name_of_its_file(name: str) -> None:
    assert SCENARIOS[name].name == name


def test_scenarios_stand_in_their_order_each_in_a_place_of_its_own() -> None:
    orders = [scenario.order for scenario in SCENARIOS.values()]
    assert orders == sorted(set(orders))
    assert (len(SCENARIOS), next(iter(SCENARIOS))) == (len(orders), "handshake")


def test_scenario_is_found_without_the_others() -> None:
    words = (
        "import sys; from tcpwatch.lab.scenarios import SCENARIOS, find_scenario; find_scenario('half-close').play; "
        "'nothing' in SCENARIOS; print(*(name for name in sys.modules if 'lab.scenarios.' in name))"
    )
    found = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["tcpwatch.lab.scenarios.half_close"]


def test_find_scenario() -> None:
    assert find_scenario("close-wait") is SCENARIOS["close-wait"]


def test_find_scenario_of_no_such_name() -> None:
    with pytest.raises(UsageError, match="there is no scenario close_wait; there are: handshake, http"):
        find_scenario("close_wait")
