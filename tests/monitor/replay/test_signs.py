"""What is wrong in a capture file at any moment of it."""

from tcpwatch.diagnose.problem import Problem
from tcpwatch.diagnose.wire.group import END_OF_CAPTURE, THIS_MOMENT
from tcpwatch.diagnose.wire_connections import WatchedConnections
from tcpwatch.monitor.replay.reading import FileReading
from tcpwatch.monitor.replay.signs import RecordedSigns
from tcpwatch.monitor.replay.tracker import ReplayTracker
from tcpwatch.tcp.tracker import FlowTracker
from tests.diagnose.wire.traces import OPEN
from tests.tcp.trace import segments

SHUT = ("> P. 1:257(256) ack 1 win 502", "< . 1(0) ack 257 win 0")
PROBE = ("+1000 > . 256:256(0) ack 1 win 502", "< . 1(0) ack 257 win 0")
LINES = (*OPEN, *SHUT, *PROBE, *PROBE, *PROBE, "+100 < . 1(0) ack 257 win 509", "> R. 257(0) ack 1")


def read(*lines: str) -> tuple[RecordedSigns, list[int]]:
    """The signs of these lines, and the times of their segments."""
    tracker = ReplayTracker()
    reading = FileReading((tracker.receive_segment(one) for one in segments(lines)), tracker, 1_000)
    reading.read(lambda: False)
    return reading.signs, list(reading.flows.segments.times)


def at(signs: RecordedSigns, times: list[int], position: int) -> tuple[Problem, ...]:
    return signs.problems(position, times[position - 1], THIS_MOMENT)


def test_problem_is_there_between_the_segments_that_raise_it_and_take_it_back() -> None:
    signs, times = read(*LINES)
    found = [[one.rule for one in at(signs, times, position)] for position in range(1, len(LINES) + 1)]
    assert found[:7] == [[]] * 7
    assert found[7:11] == [["zero-window-never-reopened"]] * 4
    assert found[11:] == [["receive-window-shut"], ["reset-by-peer", "receive-window-shut"]]


def test_moment_is_the_same_whichever_way_the_playhead_came() -> None:
    signs, times = read(*LINES)
    forward = [at(signs, times, position) for position in range(1, len(LINES) + 1)]
    back = [at(signs, times, position) for position in range(len(LINES), 0, -1)]
    assert back[::-1] == forward


def test_end_of_a_file_has_what_explain_finds() -> None:
    signs, times = read(*LINES)
    tracker = FlowTracker()
    connections = WatchedConnections(tracker.stream)
    connections.watch(map(tracker.receive_segment, segments(LINES)))
    assert [key for key, _ in connections.finish(tracker.flows())] == [1, 0]
    assert signs.problems(len(LINES), times[-1], END_OF_CAPTURE) == connections.problems.problems()


def test_sentence_of_a_moment_does_not_speak_of_the_end_of_the_file() -> None:
    signs, times = read(*LINES)
    [problem] = at(signs, times, 11)
    assert "by this moment" in str(problem.message)
    assert str(problem.brief) == "4 zero windows, not reopened · 3 probes"


def test_problems_of_one_connection_are_its_own() -> None:
    signs, times = read(*LINES)
    [problem] = signs.problems_of(0, 11, times[10], THIS_MOMENT)
    assert problem.members == (1,)


def test_moment_of_a_problem_is_that_of_the_segment_that_raised_it() -> None:
    signs, _ = read(*LINES)
    assert signs.raised_at(0, "reset-by-peer", len(LINES)) == len(LINES) - 1
    assert signs.raised_at(1, "reset-by-peer", len(LINES)) is None
    assert signs.raised_at(0, "reset-by-peer", 3) is None
