"""Which segments the presenter shows, and where it holds."""

import pytest

from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.narration import ladder as module
from tcpwatch.narration.ladder import Ladder
from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.tracker import FlowTracker
from tests.builders import CLIENT, SERVER, ends, event
from tests.monitor.replaying import CONVERSATION, recorded
from tests.narration.traces import OPENING
from tests.tcp.trace import segments

OTHER = ends(("127.0.0.1", 50_000), SERVER)


def log_of(*events: Event) -> PacketLog:
    log = PacketLog()
    log.extend(events)
    return log


def traced(*lines: str) -> list[Event]:
    tracker = FlowTracker()
    return [tracker.receive_segment(segment) for segment in segments(lines)]


def test_ladder_begins_before_the_first_segment_and_moves_one_by_one() -> None:
    ladder = Ladder(log_of(*traced(*OPENING)))
    assert ladder.held is None
    assert ladder.move(1)
    assert ladder.held is not None
    assert ladder.held.event.step is Step.SYN
    assert not ladder.move(-7) or ladder.held is None
    ladder.move(99)
    assert [narrated.event.step for narrated in ladder.above] == [Step.SYN, Step.SYN_ACK, Step.HANDSHAKE_ACK]
    assert not ladder.move(1)


def test_ladder_holds_while_segments_come() -> None:
    first, *rest = traced(*OPENING)
    log = log_of(first)
    ladder = Ladder(log)
    ladder.move(1)
    log.extend(rest)
    ladder.pull()
    assert len(ladder.segments) == 3
    assert ladder.held is not None
    assert ladder.held.event is first


def test_ladder_waits_for_the_first_connection() -> None:
    log = log_of()
    ladder = Ladder(log)
    assert ladder.stream is None
    log.extend(traced(*OPENING))
    ladder.pull()
    assert len(ladder.segments) == 3


def test_ladder_of_given_ends_shows_their_newest_connection_alone() -> None:
    wanted = ends(SERVER, CLIENT)
    log = log_of(event(stream=0), event(stream=1, ends=OTHER), event(stream=2), event(stream=2))
    ladder = Ladder(log, wanted)
    assert ladder.stream == 2
    assert len(ladder.segments) == 2
    assert ladder.streams == [0, 1, 2]


def test_next_connection_begins_anew_and_goes_round() -> None:
    ladder = Ladder(log_of(event(stream=4), event(stream=7, ends=OTHER), event(stream=7, ends=OTHER)))
    ladder.move(1)
    ladder.next_connection(1)
    assert (ladder.stream, len(ladder.segments), ladder.shown) == (7, 2, 0)
    ladder.next_connection(1)
    assert ladder.stream == 4


def test_ladder_follows_a_replay_back() -> None:
    file = recorded(*CONVERSATION)
    ladder = Ladder(file.packets)
    ladder.move(7)
    file.playhead.seek(2)
    ladder.pull()
    assert (len(ladder.segments), ladder.shown) == (2, 2)


def test_ladder_is_bounded_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LADDER_LIMIT", 2)
    ladder = Ladder(log_of(*traced(*OPENING)))
    assert len(ladder.segments) == 2
    assert ladder.full


def test_answer_that_was_lost_is_known_when_the_question_comes_again() -> None:
    ladder = Ladder(log_of(*traced("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)", "< S. 0:1(0) ack 1")))
    assert [narrated.lost for narrated in ladder.segments] == [False, True, False, False]


def test_last_ack_that_was_lost_is_known_when_the_fin_comes_again() -> None:
    closing = ("> F. 1:2(0) ack 1", "< . 1:1(0) ack 2", "< F. 1:2(0) ack 2", "> . 2:2(0) ack 2")
    ladder = Ladder(log_of(*traced(*OPENING, *closing, *["+300 < F. 1:2(0) ack 2", "> . 2:2(0) ack 2"] * 2)))
    assert [narrated.lost for narrated in ladder.segments] == [*[False] * 6, True, False, True, False, False]
