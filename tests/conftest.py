"""The command in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tcpwatch.cli import main


class Ended(NamedTuple):
    """What the command printed and returned."""

    code: int
    out: list[str]
    err: str


@pytest.fixture
def tcpwatch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs the command to its end, without giving up what the tests after it still need."""
    monkeypatch.setattr("tcpwatch.cli.reading.drop_privileges", lambda: None)

    def run(*words: str | Path) -> Ended:
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ended(code, out.splitlines(), err)

    return run
