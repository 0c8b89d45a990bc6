"""The rules on resets in a capture."""

import pytest

from tcpwatch.diagnose.problem import Cause, Certainty, Severity
from tcpwatch.diagnose.wire.signs import Note, Sign, WireFacts
from tcpwatch.diagnose.wire_gathering import WireProblems
from tcpwatch.tcp.reset_origin import ResetOrigin, ResetSender
from tests.builders import CLIENT, SERVER, ends
from tests.diagnose.wire.traces import OPEN, ids, problems


def test_refused_connection_is_a_note() -> None:
    [problem] = problems("> S 0:0(0) win 64240", "< R. 0:0(0) ack 1 win 0")
    assert (problem.rule, problem.severity) == ("refused", Severity.NOTE)
    assert str(problem.brief) == "1 refused"


def test_reset_of_an_open_connection_warns_and_behind_a_fin_does_not() -> None:
    assert [one.severity for one in problems(*OPEN, "< R. 1(0) ack 1")] == [Severity.WARN]
    closing = ("> F. 1:1(0) ack 1 win 502", "< . 1(0) ack 2 win 509", "> R. 2(0) ack 1")
    assert [one.severity for one in problems(*OPEN, *closing)] == [Severity.NOTE]


def test_reset_that_its_receiver_ignores_is_silent() -> None:
    assert ids(problems(*OPEN, "< R. 900000(0) ack 1")) == []


def test_reset_of_a_half_open_handshake_is_a_note() -> None:
    [problem] = problems(*OPEN[:2], "> R 1(0)")
    assert (problem.rule, problem.severity) == ("reset-by-peer", Severity.NOTE)
    assert "handshake" in str(problem.message)


@pytest.mark.parametrize(("sure", "certainty"), [(True, Certainty.CERTAIN), (False, Certainty.LIKELY)])
def test_reset_from_in_between_names_the_way_and_the_silence(sure: bool, certainty: Certainty) -> None:
    origin = ResetOrigin(ResetSender.IN_BETWEEN, sure, 62, (51, 52), None, None, 350_000_000_000)
    facts = WireFacts(7, ends(CLIENT, SERVER))
    facts.add(Note(Sign.RESET_IN_BETWEEN, 1, 9, 0, detail=origin))
    found = WireProblems()
    assert list(found.add(facts, 0)) == [7 << 1 | 1]
    [problem] = found.problems()
    assert (problem.rule, problem.cause, problem.certainty) == ("reset-by-middlebox", Cause.NETWORK, certainty)
    assert "TTL 62, the other segments with 51–52" in str(problem.evidence[0])
    assert "5m50s" in str(problem.evidence[1])


def test_end_whose_keep_alives_have_no_answer_gives_up() -> None:
    asked = "+1000 > . 0:0(0) ack 1 win 502"
    [problem] = problems(*OPEN, asked, asked, "+1000 > R. 1(0) ack 1")
    assert problem.rule == "dead-peer"
