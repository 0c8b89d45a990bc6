"""The view of kernel beside wire."""

from dataclasses import replace

from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.monitor.snapshot import Detail
from tcpwatch.tcp.tcb import Source
from tcpwatch.tui.detail.context import tab_context
from tcpwatch.tui.detail.tabs.wire import wire_lines
from tests.tui.canned import MONO_NS, details, server_end

LEAK = details()[server_end(53420)]
WIRE = replace(LEAK.here[0], source=Source.WIRE, snd_nxt=1_834_112_920)
BOTH = replace(LEAK, here=(LEAK.here[0], WIRE))


def lines(detail: Detail = BOTH, width: int = 118, absolute: bool = False) -> list[str]:
    return [line.text.rstrip() for line in wire_lines(tab_context(detail, MONO_NS, width, absolute))]


def here(name: str, **options: bool) -> list[str]:
    line = next(line for line in lines(**options) if line.startswith(f" {name}"))
    return line.partition("│")[0].split()


def test_states_and_numbers_beside_each_other() -> None:
    assert here("state") == ["state", "CLOSE-WAIT", "CLOSE-WAIT", "="]
    assert here("SND.UNA") == ["SND.UNA", "1", "1", "="]
    assert here("SND.NXT") == ["SND.NXT", "1", "15", "≠"]
    assert here("SND.NXT", absolute=True)[1:5] == ["1", "834", "112", "906"]


def test_end_without_a_socket_has_no_signs() -> None:
    peer = [line.partition("│")[2].split() for line in lines(replace(BOTH, peer=None)) if "SND.UNA" in line]
    assert peer == [["SND.UNA", "–", "16"]]


def test_agreement_is_said() -> None:
    assert lines()[-1] == "  ✓ Kernel and wire agree, as far as both are known."


def test_disagreement_is_said_in_whole() -> None:
    wrong = Problem(Severity.WARN, "An RST passed 5s ago, and " + "the socket is still there " * 6)
    text = lines(replace(BOTH, disagreements=(wrong,)), 78)
    assert text[-3].startswith("  ⚠ An RST passed 5s ago")
    assert text[-1].startswith("    ")
    assert all(len(line) <= 78 for line in text)


def test_nothing_to_compare() -> None:
    assert "no segment of it has been seen" in lines(replace(BOTH, flow=None))[-1]
    assert "no socket of it is known here" in lines(replace(BOTH, connection=None))[-1]
