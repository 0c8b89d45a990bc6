"""The rule on a path that loses full segments."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.diagnosis import diagnose
from tcpwatch.diagnose.problem import Cause, Certainty, Severity
from tcpwatch.sockets.row import Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.wire.icmp import IcmpError
from tests.diagnose.facts import facts, rules_of
from tests.diagnose.kernel_record import Record

MSS, PMTU = 1_448, 1_500
STUCK = replace(
    *(TcpInfo.decode(bytes(280)),),
    snd_mss=MSS,
    pmtu=PMTU,
    rto=3_200_000,
    unacked=6,
    bytes_acked=101,
    last_ack_recv=3_100,
)


def stuck(times: int = 4, send_q: int = 8_000, icmp_error: IcmpError | None = None, **info: int) -> SocketFacts:
    measured = replace(STUCK, **info)
    timer = Timer(TimerKind.RETRANSMIT, 3_200, times)
    return facts(send_q=send_q, timer=timer, record=Record({}, measured), info=measured, icmp_error=icmp_error)


def too_big(mtu: int) -> IcmpError:
    return IcmpError(0, 3, 4, "10.0.0.254", bytes(12), 1, mtu)


@pytest.mark.parametrize(
    ("found", "sure", "words"),
    [
        (stuck(sacked=1), Certainty.LIKELY, "does not seem to carry packets of 1,500 bytes"),
        (stuck(last_ack_recv=900), Certainty.LIKELY, "does not seem to carry"),
        (stuck(bytes_acked=1_001), Certainty.OPEN, "unless it is broken altogether or the peer is gone"),
        (stuck(unacked=1, send_q=MSS), Certainty.OPEN, "unless"),
        (stuck(icmp_error=too_big(1_400)), Certainty.CERTAIN, "does not seem to carry"),
    ],
)
def test_full_segments_that_are_lost_are_suspected_of_their_size(
    found: SocketFacts, sure: Certainty, words: str
) -> None:
    [problem] = diagnose(found)
    assert (problem.rule, problem.severity) == ("path-mtu", Severity.WARN)
    assert (problem.cause, problem.certainty) == (Cause.NETWORK, sure)
    assert words in str(problem.message)


def test_mtu_that_icmp_tells_is_evidence() -> None:
    [problem] = diagnose(stuck(icmp_error=too_big(1_400)))
    assert "it says that 1,400 bytes would fit" in [str(fact) for fact in problem.evidence]


@pytest.mark.parametrize(
    "other",
    [
        stuck(send_q=300),  # small segments
        stuck(bytes_acked=1),  # nothing was ever acknowledged
        stuck(bytes_acked=900_000),  # full ones were
        stuck(times=2),
    ],
)
def test_what_may_be_lost_for_another_reason_is_only_retransmitting(other: SocketFacts) -> None:
    assert rules_of(diagnose(other)) == ["retransmitting"]
