import os
import signal

import pytest

from tcpwatch.lab.scenario_process import ScenarioProcess
from tcpwatch.lab.stage import Act
from tests.lab.proc_net import eventually

pytestmark = pytest.mark.e2e


def play_out(process: ScenarioProcess) -> list[Act]:
    acts: list[Act] = []

    def over() -> bool:
        acts.extend(process.acts())
        return process.over

    assert eventually(over)
    return acts


def test_process_gives_each_act_once(port: int) -> None:
    with ScenarioProcess("refused", port, pace_s=0) as process:
        acts = play_out(process)
        assert process.acts() == []
    assert [act.promise.steps for act in acts] == [("1/3 SYN", "RST"), ()]
    assert acts[0].time_ns < acts[1].time_ns
    assert process.failure is None


def test_process_that_fails_says_why(port: int) -> None:
    with ScenarioProcess("close-wait", port, pace_s=0) as holder:
        assert eventually(lambda: bool(holder.acts()))
        with ScenarioProcess("half-close", port, pace_s=0) as process:
            play_out(process)
    assert process.failure is not None
    assert "already in use" in process.failure


def test_process_that_is_killed_says_so(port: int) -> None:
    with ScenarioProcess("handshake", port, pace_s=60) as process:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        play_out(process)
    assert process.failure == "the scenario's program ended before its scenario did"


def test_process_ends_with_its_block(port: int) -> None:
    with ScenarioProcess("handshake", port, pace_s=60) as process:
        pid = process.pid
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert process.acts() == []
