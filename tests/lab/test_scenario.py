import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tcpwatch.lab import scenario as scenario_module
from tcpwatch.lab.scenario import END, play_to_end
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage


class Scripted(Scenario):
    """A scenario whose program is given."""

    script: Callable[[Stage], None]

    @property
    def play(self) -> Callable[[Stage], None]:
        return self.script


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(scenario_module.child, "send_line", lines.append)
    return lines


def scripted(monkeypatch: pytest.MonkeyPatch, script: Callable[[Stage], None]) -> Scripted:
    monkeypatch.setattr(Scripted, "script", staticmethod(script), raising=False)
    return Scripted(0, "scripted", "for a test", (1,))


def test_play_to_end_writes_each_act_and_the_end(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    stage = Stage(scenario_module.announce, pace_s=0)
    play_to_end(scripted(monkeypatch, lambda stage: stage.now("A client connects.")), stage)
    act, end = said
    assert json.loads(act)["says"] == "A client connects."
    assert end == END


@pytest.mark.parametrize("error", [PermissionError("not allowed"), ValueError("a bug")])
def test_play_to_end_writes_what_went_wrong(monkeypatch: pytest.MonkeyPatch, said: list[str], error: Exception) -> None:
    def fail(stage: Stage) -> None:
        raise error

    play_to_end(scripted(monkeypatch, fail), Stage(lambda act: None, pace_s=0))
    assert said == [f"failed: {error}"]


@pytest.mark.e2e
def test_program_stays_until_standard_input_ends(port: int) -> None:
    command = [sys.executable, "-m", "tcpwatch.lab.scenario", "refused", "--port", str(port), "--pace", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        assert json.loads(running.stdout.readline())["steps"] == ["1/3 SYN", "RST"]
        assert "connection refused" in running.stdout.readline()
        assert running.stdout.readline() == f"{END}\n"
        assert running.poll() is None
        running.communicate()
    assert running.returncode == 0


@pytest.mark.e2e
def test_program_imports_the_scenario_that_it_plays_and_no_other(port: int) -> None:
    command = [sys.executable, "-v", "-m", "tcpwatch.lab.scenario", "refused", "--port", str(port)]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=True, timeout=30)
    assert re.findall(r"^import 'tcpwatch\.lab\.scenarios\.(\w+)'", done.stderr, re.MULTILINE) == ["refused"]
