"""The rules on the wire: what they say, and the near misses on which they stay silent."""

import pytest

from tcpwatch.diagnose.problem import Severity
from tcpwatch.diagnose.wire.group import THIS_MOMENT
from tcpwatch.diagnose.wire.signs import Note, Sign, WireFacts
from tcpwatch.diagnose.wire_gathering import WireProblems
from tests.builders import CLIENT, SERVER, ends
from tests.diagnose.wire.traces import OPEN, ids, problems

SHUT = ("> P. 1:257(256) ack 1 win 502", "< . 1(0) ack 257 win 0")
PROBE = ("+1000 > . 256:256(0) ack 1 win 502", "< . 1(0) ack 257 win 0")


def test_window_that_stays_shut_is_not_reopened_by_the_end_with_its_probes() -> None:
    [problem] = problems(*OPEN, *SHUT, *PROBE, *PROBE, *PROBE)
    assert str(problem.message) == (
        "127.0.0.1:9999 has not opened its receive window again by the end of the capture: "
        "for 3.0s its program read nothing."
    )
    assert str(problem.brief) == "4 zero windows, not reopened · 3 probes"
    assert problem.frames == (5, 7, 9, 11)
    assert "never" not in str(problem.message)


def test_window_that_was_shut_when_the_connection_ended_counts_up_to_its_end() -> None:
    [zero, reset] = problems(*OPEN, *SHUT, *PROBE, *PROBE, *PROBE, "> R. 257(0) ack 1", later_ns=3_600_000_000_000)
    assert "by the end of the connection: for 3.0s" in str(zero.message)
    assert reset.rule == "reset-by-peer"


def test_window_that_was_shut_for_a_second_is_a_note() -> None:
    [problem] = problems(*OPEN, *SHUT, *PROBE, "< . 1(0) ack 257 win 509")
    assert (problem.rule, problem.severity) == ("receive-window-shut", Severity.NOTE)


def test_one_retransmission_is_ordinary() -> None:
    again = "+200 > P. 1:101(100) ack 1 win 502"
    assert problems(*OPEN, "> P. 1:101(100) ack 1 win 502", again, "+200 < . 1(0) ack 101 win 509") == ()


def test_segment_that_is_not_acknowledged_by_the_end_is_not_said_to_be_lost() -> None:
    again = "+200 > P. 1:101(100) ack 1 win 502"
    [problem] = problems(*OPEN, "> P. 1:101(100) ack 1 win 502", again, again, again)
    assert "has not acknowledged it by the end of the capture" in str(problem.message)


def test_keep_alives_of_a_quiet_connection_are_silent() -> None:
    asked = ("+60000 > . 0:0(0) ack 1 win 502", "< . 1(0) ack 1 win 509")
    assert problems(*OPEN, *asked, *asked, *asked) == ()


def test_handshake_that_the_file_breaks_off_is_silent_and_three_seconds_later_is_not() -> None:
    syn = "> S 0:0(0) win 64240 <mss 1460>"
    assert problems(syn, later_ns=2_900_000_000) == ()
    [problem] = problems(syn, later_ns=3_000_000_000)
    assert (problem.rule, problem.severity) == ("handshake-incomplete", Severity.WARN)
    assert any("not captured" in str(fact) for fact in problem.evidence)


def test_handshake_without_its_third_segment_is_half_open() -> None:
    [problem] = problems(*OPEN[:2], later_ns=5_000_000_000)
    assert "has not completed its handshake" in str(problem.message)


def test_end_that_does_not_close_is_accused_after_two_seconds() -> None:
    closing = (*OPEN, "> F. 1:1(0) ack 1 win 502", "< . 1(0) ack 2 win 509")
    assert ids(problems(*closing, later_ns=1_900_000_000)) == ["close-wait"]
    [problem] = problems(*closing, later_ns=5_000_000_000)
    assert (problem.rule, problem.severity) == ("close-wait-leak", Severity.WARN)
    assert "5.0s after the FIN" in str(problem.message)


def test_half_close_that_streams_is_chat() -> None:
    closing = (*OPEN, "> F. 1:1(0) ack 1 win 502", "< . 1(0) ack 2 win 509")
    data = [f"+1500 < P. {1 + 10 * n}:{11 + 10 * n}(10) ack 2 win 509" for n in range(4)]
    found = problems(*closing, *data)
    assert {one.severity for one in found} == {Severity.CHAT}
    assert "half-close" in ids(found)


@pytest.mark.parametrize("waited_ms", [2_100, 25_000])
def test_answer_of_an_unknown_protocol_after_seconds_is_chat(waited_ms: int) -> None:
    [problem] = problems(*OPEN, "> P. 1:101(100) ack 1", "< . 1(0) ack 101", f"+{waited_ms} < P. 1:51(50) ack 101")
    assert (problem.rule, problem.severity) == ("slow-server", Severity.CHAT)


def test_client_that_thinks_for_long_is_no_slow_server() -> None:
    assert (
        problems(*OPEN, "+9000 > P. 1:101(100) ack 1", "+3 < P. 1:51(50) ack 101", "+9000 > P. 101:201(100) ack 51")
        == ()
    )


def test_server_that_speaks_first_is_no_slow_server() -> None:
    assert problems(*OPEN, "+5000 < P. 1:51(50) ack 1 win 509", "> . 1(0) ack 51 win 502") == ()


@pytest.mark.parametrize(
    ("waited_s", "asked", "severity"),
    [(3, "GET / HTTP/1.1", Severity.WARN), (25, "GET /poll HTTP/1.1", Severity.NOTE)],
)
def test_request_that_is_known_is_quoted_and_long_polling_is_a_note(
    waited_s: int, asked: str, severity: Severity
) -> None:
    facts = WireFacts(0, ends(CLIENT, SERVER))
    facts.add(Note(Sign.ANSWERED_LATE, 1, 6, 0, waited_s * 1_000_000_000, detail=(asked, 4)))
    found = WireProblems()
    assert list(found.add(facts, 0)) == [1]
    [problem] = found.problems()
    assert problem.severity is severity
    assert f"request: {asked}" in map(str, problem.evidence)


def test_one_direction_alone_accuses_nobody_of_silence() -> None:
    sent = [f"> P. {1 + 100 * n}:{101 + 100 * n}(100) ack 1 win 502" for n in range(5)]
    assert ids(problems(*sent, later_ns=60_000_000_000)) == ["asymmetric-capture"]


def test_at_a_moment_of_a_replay_the_sentence_says_so() -> None:
    facts = WireFacts(0, ends(CLIENT, SERVER))
    facts.add(Note(Sign.SYN, 0, 1, 0))
    found = WireProblems()
    assert list(found.add(facts, 4_000_000_000)) == [0]
    [problem] = found.problems(THIS_MOMENT)
    assert "by this moment" in str(problem.message)
