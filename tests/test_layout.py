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
    "tcpwatch/__main__.py": "three lines; tests/e2e start it",
    "tcpwatch/errors.py": "names",
    "tcpwatch/cli/commands/dashboard.py": "tests/e2e run it in a terminal",
    "tcpwatch/cli/commands/doctor.py": "tests/e2e/test_privilege_levels.py runs it as four users",
    "tcpwatch/cli/options.py": "data",
    "tcpwatch/cli/live.py": "tests/e2e/test_privileges.py runs what it opens as root and as a plain user",
    "tcpwatch/cli/sources.py": "tests/e2e/test_privileges.py runs what it opens as root and as a plain user",
    "tcpwatch/diagnose/finding.py": "data",
    "tcpwatch/kernel/events.py": "data",
    "tcpwatch/lab/address.py": "data",
    "tcpwatch/monitor/snapshot.py": "data",
    "tcpwatch/tcp/event.py": "data",
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
