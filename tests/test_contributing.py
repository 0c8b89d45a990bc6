"""The recipes of CONTRIBUTING.md, each applied to a copy of the package: what a change costs, and where it appears."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECIPE = re.compile(r"^### (?P<kind>\w[\w ]+)\n.*?^```diff\n(?P<diff>.*?)^```$", re.MULTILINE | re.DOTALL)
TOUCHED = re.compile(r"^\+\+\+ b/(\S+)$", re.MULTILINE)

# The files that each kind of change may touch.
COSTS = {
    "A tab of the detail pane": ["tcpwatch/tui/detail/tabs/__init__.py", "tcpwatch/tui/detail/tabs/owners.py"],
    "A rule": ["tcpwatch/diagnose/rules/transfer.py"],
    "A field": ["tcpwatch/sockets/fields.py"],
    "An output format": ["tcpwatch/report/formats/__init__.py", "tcpwatch/report/formats/csv.py"],
    "A scenario": ["tcpwatch/lab/scenarios/idle.py"],
}

TAB = """
from tcpwatch.tui.detail.tabs import TABS
from tcpwatch.tui.keys import KEYS
from tests.tui.driving import piloted, text_of

@piloted()
async def shown(driver):
    await driver.press("down", *"v" * (len(TABS) - 1))
    print(text_of(driver.detail))
    print(driver.detail.HELP)

shown()
print(*(key.tooltip for key in KEYS if key.id == "app.view"))
"""
RULE = """
from tcpwatch.diagnose.diagnosis import diagnose, topics_of_problems
from tcpwatch.monitor.detail import facts_of
from tcpwatch.sockets.counters import NO_STACK
from tcpwatch.tui.bars.trouble import summary
from tests.builders import connection, row
from tests.tui.canned import CannedMonitor

full = connection(row=row(send_q=9_000_000))
problems = diagnose(facts_of(full, None, NO_STACK))
print(*(problem.message for problem in problems))
print(full.trouble.must)
print(*topics_of_problems(problems))
monitor = CannedMonitor(False)
monitor.publish([full])
print(summary(monitor.snapshot()).text)
"""
FIELD = """
import json
from tcpwatch.report.records.sockets import TCB_COLUMNS
from tcpwatch.tui.detail.fields import VARIABLES
from tcpwatch.cli import main
from tools.field_docs import BEGIN, END, with_tables

print("snd_wl1" in [column.name for column in TCB_COLUMNS], [label for label, _ in VARIABLES][-1])
print("snd_wl1" in with_tables(BEGIN + END))
main(["why", "snd_wl1"])
"""
FORMAT = """
from tcpwatch.cli import main
for words in (["packets", "-r", CAPTURE], ["flows", "-r", CAPTURE], ["sockets"]):
    main([*words, "--format", "csv"])
"""
SCENARIO = """
from tcpwatch.cli import main
main(["demo", "--list"])
main(["demo", "idle", "--headless", "--pace", "0"])
"""

Appearance = Callable[[str], str]


@pytest.fixture
def changed(tmp_path: Path, request: pytest.FixtureRequest) -> Appearance:
    """A copy of the package with the recipe applied; what a script prints there."""
    for folder in ("tcpwatch", "docs", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    applied = subprocess.run(
        ["patch", "--strip=1", "--fuzz=0", "--quiet"],
        input=recipes()[request.param],
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert applied.returncode == 0, f"the recipe of {request.param} does not fit the code any more"

    def printed(script: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"PATH": "/usr/sbin:/usr/bin:/bin", "PYTHONPATH": f"{tmp_path}:{ROOT}", "LANG": "C.UTF-8"},
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return printed


def recipes() -> dict[str, str]:
    """The diff of each recipe, by the kind of change."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return {found["kind"]: found["diff"] for found in RECIPE.finditer(page)}


needs_patch = pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")


def only(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("changed", [kind], indirect=True, ids=[kind])


def test_each_kind_of_change_has_a_recipe() -> None:
    assert list(recipes()) == list(COSTS)


@pytest.mark.parametrize("kind", COSTS)
def test_change_costs_what_its_recipe_promises(kind: str) -> None:
    assert TOUCHED.findall(recipes()[kind]) == COSTS[kind]


@needs_patch
@only("A tab of the detail pane")
def test_tab_appears_in_title_lines_help_and_tooltip(changed: Appearance) -> None:
    printed = changed(TAB)
    assert "[Owners]" in printed
    assert "here  java/4242 fd 58" in printed
    assert "Every process that holds either end of the selected connection." in printed
    assert printed.splitlines()[-1].endswith("the owners")


@needs_patch
@only("A rule")
def test_rule_appears_in_problems_mark_headline_and_why(changed: Appearance) -> None:
    problems, must, topics, headline = changed(RULE).splitlines()
    assert "9,000,000 bytes waiting" in problems
    assert must == "may write less"
    assert "Send-Q" in topics
    assert headline.startswith(" ⚠ 1 with much to send")


@needs_patch
@only("A field")
def test_field_appears_in_json_on_the_screen_in_the_docs_and_in_why(changed: Appearance) -> None:
    in_json, label, in_docs, *why = changed(FIELD).split()
    assert (in_json, label, in_docs) == ("True", "SND.WL1", "True")
    assert "last moved SND.WND" in " ".join(why)


@needs_patch
@only("An output format")
def test_format_appears_in_every_command(changed: Appearance) -> None:
    printed = changed(FORMAT.replace("CAPTURE", repr(str(ROOT / "tests" / "captures" / "demo.pcapng"))))
    assert "frame,time_ns,stream" in printed
    assert "stream,initiator" in printed
    assert "cookie,family" in printed


@needs_patch
@only("A scenario")
def test_scenario_appears_in_the_list_and_plays(changed: Appearance) -> None:
    printed = changed(SCENARIO)
    assert "idle" in printed.splitlines()[-1] or "an open connection and not a word" in printed
    assert "states: ESTABLISHED seen" in printed
