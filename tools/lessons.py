"""The table in docs/lessons.md: its third column follows from the scenarios, the rest is written by hand."""

import re
from collections.abc import Iterable
from pathlib import Path

from tcpwatch.lab.scenarios import SCENARIOS, Scenario

PAGE = Path(__file__).resolve().parents[1] / "docs/lessons.md"
ROW = re.compile(r"^(\| (\d+) \| [^|\n]+ \| )([^|\n]*)( \| [^|\n]+ \|)$", re.MULTILINE)


def with_scenarios(page: str, scenarios: Iterable[Scenario]) -> str:
    """The page, each lesson with the scenarios that teach it: those it had keep their order, others come behind them.

    ValueError where a scenario teaches a lesson that has no row.
    """
    teachers: dict[int, list[str]] = {}
    for scenario in scenarios:
        for lesson in scenario.lessons:
            teachers.setdefault(lesson, []).append(scenario.name)
    if unwritten := teachers.keys() - {int(row[2]) for row in ROW.finditer(page)}:
        raise ValueError(f"no row in docs/lessons.md: lesson {', '.join(map(str, sorted(unwritten)))}")

    def filled(row: re.Match[str]) -> str:
        names, before = teachers.get(int(row[2]), []), row[3].split(", ")
        kept = [name for name in before if name in names]
        return row[1] + ", ".join(kept + [name for name in names if name not in kept]) + row[4]

    return ROW.sub(filled, page)


def write() -> None:
    """Bring the page up to date."""
    PAGE.write_text(with_scenarios(PAGE.read_text(encoding="utf-8"), SCENARIOS.values()), encoding="utf-8")
