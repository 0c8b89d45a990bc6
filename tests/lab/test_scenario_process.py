import os
import signal

import pytest

from tcpwatch.lab.scenario_process import ScenarioProcess
from tcpwatch.lab.stage import Act
from tests.lab.proc_net import eventually

pytestmark = pytest.mark.e2e


def play_out(performance: ScenarioProcess) -> list[Act]:
    acts: list[Act] = []

    def over() -> bool:
        acts.extend(performance.acts())
        return performance.over

    assert eventually(over)
    return acts


def test_performance_gives_each_act_once(port: int) -> None:
    with ScenarioProcess("refused", port, pace_s=0) as performance:
        acts = play_out(performance)
        assert performance.acts() == []
    assert [act.promise.steps for act in acts] == [("1/3 SYN", "RST"), ()]
    assert acts[0].time_ns < acts[1].time_ns
    assert performance.failure is None


def test_performance_that_fails_says_why(port: int) -> None:
    with ScenarioProcess("close-wait", port, pace_s=0) as holder:
        assert eventually(lambda: bool(holder.acts()))
        with ScenarioProcess("half-close", port, pace_s=0) as performance:
            play_out(performance)
    assert performance.failure is not None
    assert "already in use" in performance.failure


def test_performance_that_is_killed_says_so(port: int) -> None:
    with ScenarioProcess("handshake", port, pace_s=60) as performance:
        assert performance.pid is not None
        os.kill(performance.pid, signal.SIGKILL)
        play_out(performance)
    assert performance.failure == "the scenario's program ended before its scenario did"


def test_performance_ends_with_its_block(port: int) -> None:
    with ScenarioProcess("handshake", port, pace_s=60) as performance:
        pid = performance.pid
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert performance.acts() == []
