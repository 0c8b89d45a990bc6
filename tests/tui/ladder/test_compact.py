"""The ladder of what was narrated, line by line."""

import pytest
from rich.cells import cell_len

from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State
from tcpwatch.tui.ladder.compact import COMPACT_WIDEST, compact_ladder, most_telling
from tcpwatch.why.catalog import translation
from tests.builders import event
from tests.narration.traces import OPENING, segments_of

TALK = (*OPENING, "> P. 1:15(14) ack 1", "< . 1:1(0) ack 15", "> F. 15:16(0) ack 1", "< . 1:1(0) ack 16")


def test_ladder_has_a_line_for_the_ends_and_one_for_each_segment() -> None:
    assert [line.text.rstrip() for line in compact_ladder(segments_of(*OPENING), None, str, 72, 9)] == [
        "      CLOSED ✕ │ the client                  the server │ ○ LISTEN",
        "    SYN-SENT ◇ │──────── 1/3 SYN   SYN   seq 0 ────────▶│ ○ LISTEN",
        " ESTABLISHED ● │◀── 2/3 SYN-ACK   SYN,ACK   seq 0  … ───│ ◈ SYN-RECEIVED",
        " ESTABLISHED ● │──── 3/3 ACK   ACK   seq 1   ack 1 ────▶│ ● ESTABLISHED",
    ]


def test_segment_that_is_told_is_marked_and_steps_have_their_colour() -> None:
    talk = segments_of(*TALK)
    lines = compact_ladder(talk, talk[1], str, 100, 9)
    assert [line.row for line in lines] == ["", "", "related", *[""] * 5]
    assert [line.runs[4][1] for line in lines[1:5]] == ["opening", "opening", "opening", ""]
    assert lines[2].runs[3][1] == "opening"
    assert lines[3].runs[3][1] == "muted"


def test_plain_segments_go_first_where_there_is_not_room_for_all() -> None:
    talk = segments_of(*TALK)
    assert most_telling(talk, 7) == talk
    assert [narrated.event.segment.length for narrated in most_telling(talk, 6)] == [0] * 6
    request = talk[3]._replace(event=event(app="GET / HTTP/1.1"))
    assert most_telling([request, *talk[:3]], 2) == talk[1:3]
    assert request in most_telling([*talk[:3], request, *talk[4:]], 6)
    assert [narrated.event.step for narrated in most_telling(talk, 2)] == [Step.FIN, Step.FIN_ACKED]
    assert len(compact_ladder(talk, None, str, 100, 4)) == 4


def test_what_came_before_in_the_same_way_goes_next() -> None:
    talk = segments_of("> S 0:1(0)", "+1000 > S 0:1(0)", "+2000 > S 0:1(0)", "+4000 > S 0:1(0)", "< S. 0:1(0) ack 1")
    assert most_telling(talk, 3) == [talk[0], talk[1], talk[4]]


def test_repeated_and_lost_segments_look_so() -> None:
    syn, answer, again = segments_of("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)")
    _, _, second, third = compact_ladder([syn, answer.not_received_by(0, State.SYN_SENT), again], None, str, 80, 9)
    assert "│✕──" in second.text
    assert "╌▶│" in third.text


def test_ladder_from_the_middle_begins_with_no_states() -> None:
    start, *_ = compact_ladder(segments_of("> P. 1:15(14) ack 1"), None, str, 100, 9)
    assert start.text.split("│")[0].strip() == ""


def test_nothing_told_is_no_ladder() -> None:
    assert compact_ladder([], None, str, 100, 9) == []


@pytest.mark.parametrize("language", ["en", "ko", "zh"])
@pytest.mark.parametrize("width", [80, 120, COMPACT_WIDEST + 40])
def test_every_line_is_as_wide_in_every_language(language: str, width: int) -> None:
    lines = compact_ladder(segments_of(*TALK), None, translation(language), width, 9)
    assert {cell_len(line.text) for line in lines} == {
        (width - COMPACT_WIDEST) // 2 + COMPACT_WIDEST if width > COMPACT_WIDEST else width
    }
