"""The rules on a peer that says nothing."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.diagnosis import diagnose, trouble_of
from tcpwatch.diagnose.problem import Severity
from tcpwatch.sockets.row import Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tests.builders import row
from tests.diagnose.facts import facts, rules_of
from tests.diagnose.kernel_record import Record

NO_INFO = TcpInfo.decode(bytes(280))
KEEPALIVE = 1 << 3  # SOCK_KEEPOPEN


def idle(sent_ms: int, heard_ms: int, flags: int | None = None, **around: object) -> SocketFacts:
    info = replace(
        *(NO_INFO,),
        data_segs_out=1,
        data_segs_in=1,
        last_data_sent=sent_ms,
        last_data_recv=heard_ms,
        last_ack_recv=sent_ms,
    )
    record = Record({"skc_flags": flags}, info) if flags is not None else None
    return facts(**{"info": info, "record": record} | around)


def probing(unanswered: int) -> SocketFacts:
    return facts(timer=Timer(TimerKind.KEEPALIVE, 900, unanswered), info=replace(NO_INFO, last_data_recv=9_000))


@pytest.mark.parametrize(("unanswered", "rules"), [(1, ["idle"]), (2, ["idle", "dead-peer"])])
def test_keepalive_probes_without_an_answer_are_trouble_from_the_second_on(unanswered: int, rules: list[str]) -> None:
    facts = replace(probing(unanswered))
    assert rules_of(diagnose(facts)) == rules
    assert (trouble_of(facts) is not None) is (unanswered > 1)


def test_keepalive_that_is_not_answered_says_how_often() -> None:
    *_, problem = diagnose(probing(3))
    assert problem.severity is Severity.WARN
    assert str(problem.message).startswith("3 keep-alive probes in a row had no answer")


def test_long_silence_that_nobody_probes_is_a_note() -> None:
    *_, problem = diagnose(idle(15_120_000, 15_120_000))
    assert (problem.rule, problem.severity) == ("dead-peer", Severity.NOTE)
    assert "for 4h12m, and nothing is sent or probed" in str(problem.message)


def test_end_that_waits_for_an_answer_without_keepalive_is_a_note() -> None:
    *_, problem = diagnose(idle(12_000, 900_000, flags=0))
    assert (problem.rule, problem.severity) == ("keepalive-off", Severity.NOTE)
    assert "the last to send, 12s ago" in str(problem.message)
    assert "keep-alive is off" in str(problem.message)


@pytest.mark.parametrize(
    "fine",
    [
        idle(12_000, 900_000),  # the source does not tell of keep-alive
        idle(12_000, 900_000, flags=KEEPALIVE),
        idle(2_000, 900_000, flags=0),  # an answer takes a moment
        idle(30_000, 12_000, flags=0),  # the peer was the last to send
        idle(15_120_000, 15_120_000, flags=0, peer=row()),  # it is here, and would answer
        idle(15_120_000, 15_120_000, timer=Timer(TimerKind.KEEPALIVE, 900_000, 0)),
    ],
)
def test_near_misses_are_silent(fine: SocketFacts) -> None:
    assert rules_of(diagnose(fine)) == ["idle"]


def test_nothing_here_is_trouble_without_a_timer() -> None:
    assert trouble_of(idle(15_120_000, 15_120_000)) is None
    assert trouble_of(facts(state=State.CLOSE_WAIT, half_close=None)) is not None
