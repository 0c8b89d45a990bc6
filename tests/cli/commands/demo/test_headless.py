import pytest

from tcpwatch.cli.commands.demo import headless as headless_module
from tcpwatch.cli.commands.demo.headless import HeadlessScenario
from tcpwatch.errors import TcpwatchError
from tcpwatch.kernel.proc.owners import OwnerIndex
from tcpwatch.kernel.source import KernelSources
from tcpwatch.lab.scenario_process import ScenarioProcess
from tcpwatch.lab.stage import Act, Promise
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import NoWiretap
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State
from tests.builders import event, row
from tests.monitor.fakes import ScriptedSockets

SEEN = event(step=Step.SYN, analysis=("retransmission",), src_state=State.SYN_SENT, dst_state=State.LISTEN)


class Script(ScenarioProcess):
    """A scenario of given acts, all at once."""

    def __init__(self, *acts: Act, failure: str | None = None) -> None:
        super().__init__("scripted")
        self._acts = list(acts)
        self._ends_with = failure

    def acts(self) -> list[Act]:
        acts, self._acts = self._acts, []
        self.over, self.failure = True, self._ends_with
        return acts


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> Monitor:
    """What it sees: a SYN sent again, and one established socket."""
    monkeypatch.setattr(headless_module.time, "sleep", lambda seconds: None)
    log = PacketLog()
    log.extend([SEEN])
    watching = Monitor(
        KernelSources(ScriptedSockets([row()]), OwnerIndex(), None),
        log,
        NoWiretap(SourceStatus("packets", True, "scripted")),
    )
    watching.refresh()
    return watching


def test_promises_that_are_kept(monitor: Monitor, capsys: pytest.CaptureFixture[str]) -> None:
    asks = Act(1, "A client asks.", Promise(("SYN-SENT",), ("1/3 SYN",), ("retransmission",)))
    is_answered = Act(2, "It is answered.", Promise(("ESTABLISHED", "SYN-SENT")))
    assert HeadlessScenario(monitor, Script(asks, is_answered)).watch() == 0
    output = capsys.readouterr().out
    assert "▶ A client asks." in output
    assert "127.0.0.1:53412 → 127.0.0.1:9999" in output
    assert "socket 127.0.0.1:9999 ⇄ 127.0.0.1:53412 ESTABLISHED" in output
    assert output.splitlines()[-4:] == [
        "",
        "states: SYN-SENT, ESTABLISHED seen",
        "steps: 1/3 SYN seen",
        "analysis: retransmission seen",
    ]


def test_promise_that_is_broken(monitor: Monitor, capsys: pytest.CaptureFixture[str]) -> None:
    asks = Act(1, "A client asks.", Promise(states=("CLOSING",)))
    assert HeadlessScenario(monitor, Script(asks)).watch() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "states: CLOSING promised, but not seen"


def test_scenario_that_failed_is_an_error(monitor: Monitor) -> None:
    with pytest.raises(TcpwatchError, match="no openssl here"):
        HeadlessScenario(monitor, Script(failure="no openssl here")).watch()
