"""The shape of the tree: small files, each with its law on top, each with its tests at the mirrored path."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tcpwatch"
MODULES = sorted(path.relative_to(ROOT) for path in PACKAGE.rglob("*.py"))
MAX_LINES = 400

TESTED_ELSEWHERE = {
    "tcpwatch/capture/frame.py": "data",
    "tcpwatch/narration/sentences.py": "texts, all of them checked by tests/narration/test_narrate.py",
    "tcpwatch/__main__.py": "tests/e2e/test_hostile_folder.py starts it",
    "tcpwatch/errors.py": "names",
    "tcpwatch/cli/commands/dashboard.py": "tests/e2e run it in a terminal",
    "tcpwatch/cli/commands/doctor.py": "tests/e2e/test_privilege_levels.py runs it as four users",
    "tcpwatch/cli/commands/report/command.py": "tests/e2e/test_report.py runs it as three users",
    "tcpwatch/cli/options.py": "data",
    "tcpwatch/cli/live.py": "tests/e2e/test_privileges.py runs what it opens as root and as a plain user",
    "tcpwatch/cli/sources.py": "tests/e2e/test_privileges.py runs what it opens as root and as a plain user",
    "tcpwatch/diagnose/problem.py": "data",
    "tcpwatch/diagnose/happened.py": "data, tested by its rules",
    "tcpwatch/diagnose/host.py": "data, tested by its rules",
    "tcpwatch/diagnose/program.py": "data, tested by its rules",
    "tcpwatch/diagnose/wire/signs.py": "data, tested by what raises them",
    "tcpwatch/diagnose/wire/group.py": "data, tested by its rules",
    "tcpwatch/kernel/events.py": "data",
    "tcpwatch/lab/address.py": "data",
    "tcpwatch/monitor/snapshot.py": "data",
    "tcpwatch/tcp/event.py": "data",
    "tcpwatch/report/contents.py": "data",
    "tcpwatch/report/page_parts.py": "tests/report/test_page.py",
    "tcpwatch/report/page_style.py": "styles",
    "tcpwatch/report/texts.py": "texts",
    "tcpwatch/sockets/extras.py": "data",
    "tcpwatch/tcp/tcb.py": "data",
    "tcpwatch/why/topic.py": "data",
    "tcpwatch/wire/layer.py": "data",
}
TESTED_AS_A_WHOLE = (
    "tcpwatch/tui/",  # through the app: a widget alone proves little
    "tcpwatch/why/tables/",  # texts, all of them checked by tests/why/test_topics.py
    "tcpwatch/lab/scenarios/",  # played to the real command by tests/e2e/test_scenarios.py
)

# Tests of more than one module, or of one aspect of a large one: what they are about.
TESTS_OF_SEVERAL = {
    "tests/diagnose/rules/test_wire_recordings.py": "the rules on the wire over the recordings of the lab",
    "tests/diagnose/rules/test_wire_scenarios.py": "the rules on the wire over tests/scenarios",
    "tests/kernel/bpf/test_against_capture.py": "the programs against a capture",
    "tests/kernel/test_against_ss.py": "every backend against ss",
    "tests/kernel/test_tcb_against_capture.py": "every backend's TCB against a capture",
    "tests/lab/scenarios/test_table.py": "the scenarios and docs/lessons.md",
    "tests/lab/test_recordings.py": "the recordings of the scenarios",
    "tests/report/formats/test_added_format.py": "what a format more costs",
    "tests/tcp/test_oracle.py": "the analysis against tshark",
    "tests/tcp/test_scenarios.py": "the wire traces of tests/scenarios",
    "tests/tui/modes/test_recorded_demo.py": "the demo mode over a recording",
    "tests/tui/packets/test_filter.py": "the packets pane under a filter",
    "tests/tui/packets/test_marks.py": "the marked segments of the packets pane",
    "tests/tui/test_hostile.py": "hostile text on every pane",
    "tests/tui/test_snapshots.py": "pictures of the whole screen",
    "tests/wire/test_corpus.py": "the decoder against the corpus",
}
TESTS_OF_THE_WHOLE = ("e2e", "fuzz", "perf")
TESTS = sorted(
    path.relative_to(ROOT)
    for folder in (ROOT / "tests").iterdir()
    if folder.is_dir() and folder.name not in TESTS_OF_THE_WHOLE
    for path in folder.rglob("test_*.py")
)


def mirrored(test: Path) -> Path:
    """`tests/wire/test_link.py` -> `tcpwatch/wire/link.py`, `tests/tools/test_texts.py` -> `tools/texts.py`."""
    parts = test.parts[1:-1] if test.parts[1] == "tools" else ("tcpwatch", *test.parts[1:-1])
    return Path(*parts, test.name.removeprefix("test_"))


def mirror(module: Path) -> Path:
    """`tcpwatch/wire/link.py` -> `tests/wire/test_link.py`."""
    return Path("tests", *module.parts[1:-1], f"test_{module.name}")


def needs_mirror(module: Path) -> bool:
    name = module.as_posix()
    return module.name != "__init__.py" and name not in TESTED_ELSEWHERE and not name.startswith(TESTED_AS_A_WHOLE)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_is_short(module: Path) -> None:
    lines = len((ROOT / module).read_text().splitlines())
    assert lines <= MAX_LINES, f"{module} has {lines} lines: split it where it has two reasons to change"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_says_what_it_is(module: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / module).read_text())), f"{module} has no docstring"


@pytest.mark.parametrize("module", [module for module in MODULES if needs_mirror(module)], ids=str)
def test_module_has_tests_at_the_mirrored_path(module: Path) -> None:
    assert (ROOT / mirror(module)).exists(), f"{mirror(module)} is missing"


@pytest.mark.parametrize("name", TESTED_ELSEWHERE)
def test_exemption_is_still_needed(name: str) -> None:
    assert (ROOT / name).exists(), f"{name} is gone"
    assert not (ROOT / mirror(Path(name))).exists(), f"{name} has tests of its own now"


@pytest.mark.parametrize("test", TESTS, ids=str)
def test_tests_are_where_what_they_test_is(test: Path) -> None:
    listed = test.as_posix() in TESTS_OF_SEVERAL
    assert (ROOT / mirrored(test)).exists() != listed, f"{mirrored(test)} is what {test} should test"


@pytest.mark.parametrize("name", TESTS_OF_SEVERAL)
def test_tests_of_several_are_still_there(name: str) -> None:
    assert (ROOT / name).exists(), f"{name} is gone"
