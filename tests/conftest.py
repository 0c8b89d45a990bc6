"""The command in this process; which tests share a worker; what was skipped, in one line."""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tcpwatch.cli import main

APART = (
    "test_job_control.py",
    "test_terminal_kinds.py",
)  # each test has a terminal of its own, and shares nothing else
LONGEST = ("test_scenarios.py", "test_refused.py", "test_broken_off.py")

# Hundreds of children start, and each would compile the program anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


class Ended(NamedTuple):
    """What the command printed and returned."""

    code: int
    out: list[str]
    err: str


@pytest.fixture
def tcpwatch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs the command to its end, without giving up what the tests after it still need."""
    monkeypatch.setattr("tcpwatch.cli.reading.give_up_privileges", lambda: None)

    def run(*words: str | Path) -> Ended:
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ended(code, out.splitlines(), err)

    return run


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder in which every user may write; pytest's own are closed to all but one."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The end-to-end tests of a file share fixtures that are dear, and what they watch: they stay in one worker.

    They come first, the longest before all, since they wait more than they work: the other tests fill their pauses.
    """
    items.sort(key=lambda item: (item.get_closest_marker("e2e") is None, item.path.name not in LONGEST))
    for item in items:
        if item.get_closest_marker("e2e") and not item.get_closest_marker("xdist_group"):
            place = item.nodeid if item.path.name in APART else item.path.name
            item.add_marker(pytest.mark.xdist_group(place))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """`skipped: 12 need root, 3 need nginx`, whatever -r asks for."""
    reasons = Counter(reason_of(report.longrepr) for report in terminalreporter.stats.get("skipped", ()))
    if reasons:
        words = "; ".join(f"{count} × {reason}" for reason, count in sorted(reasons.items()))
        terminalreporter.write_line(f"skipped {reasons.total()}: {words}")


def reason_of(longrepr: object) -> str:
    """Why a test was skipped, as its skip said."""
    reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return reason.removeprefix("Skipped: ")
