"""The ladder, line by line."""

from rich.cells import cell_len

from tcpwatch.tcp.state import State
from tcpwatch.tui.ladder.lines import WIDEST, head_lines, ladder_lines
from tcpwatch.tui.paint.line import width_of
from tcpwatch.why.catalog import translation
from tests.narration.traces import OPENING, segments_of

WIDTH = 60


def text_of(*lines: str, height: int = 12, width: int = WIDTH, absolute: bool = False) -> list[str]:
    return [line.text.rstrip() for line in ladder_lines(segments_of(*lines), str, width, height, absolute)]


def test_ladder_has_an_arrow_a_label_and_both_states_for_each_segment() -> None:
    assert text_of(*OPENING[:2], height=12) == [
        "      CLOSED ✕ │                            │ ○ LISTEN",
        "               │                            │",
        "               │   1/3 SYN   SYN   seq 0    │",
        "    SYN-SENT ◇ │───────────────────────────▶│ ○ LISTEN",
        "               │                            │",
        "        +1.0ms │2/3 SYN-ACK   SYN,ACK   seq…│",
        " ESTABLISHED ● │◀───────────────────────────│ ◈ SYN-RECEIVED",
        *["               │                            │"] * 5,
    ]


def test_low_ladder_keeps_the_last_segments_without_empty_lines_between() -> None:
    assert text_of(*OPENING, height=5, width=70) == [
        "               │                                      │",
        "        +1.0ms │2/3 SYN-ACK   SYN,ACK   seq 0   ack 1 │",
        " ESTABLISHED ● │◀─────────────────────────────────────│ ◈ SYN-RECEIVED",
        "        +1.0ms │    3/3 ACK   ACK   seq 1   ack 1     │",
        " ESTABLISHED ● │─────────────────────────────────────▶│ ● ESTABLISHED",
    ]


def test_absolute_numbers_are_those_on_the_wire() -> None:
    assert "seq 5000   ack 1001" in "\n".join(text_of(*OPENING, width=90, absolute=True))


def test_only_the_held_segment_is_marked_and_only_what_changed_has_a_colour() -> None:
    lines = ladder_lines(segments_of(*OPENING), str, WIDTH, 12, False)
    assert [line.row for line in lines].count("related") == 2
    *_, arrow = (line for line in lines if line.row == "related")
    assert arrow.runs[0][1] == "muted"
    assert arrow.runs[-1] == (" ● ESTABLISHED ", "open")


def test_repeated_segment_has_a_broken_arrow_and_a_lost_one_no_head() -> None:
    again = text_of("> S 0:1(0)", "+1000 > S 0:1(0)")
    assert "╌▶" in "\n".join(again)
    lost = segments_of(*OPENING)[1].not_received_by(0, State.SYN_SENT)
    assert "│✕──" in "\n".join(line.text for line in ladder_lines([lost], str, WIDTH, 8, False))


def test_segment_without_a_step_says_what_it_carries() -> None:
    assert "PSH,ACK   seq 1   ack 1   len 14" in "\n".join(text_of(*OPENING, "> P. 1:15(14) ack 1", width=90))


def test_ladder_from_the_middle_begins_with_no_states() -> None:
    first, *_ = text_of("> P. 1:15(14) ack 1")
    assert first.strip(" │") == ""


def test_wide_ladder_stays_in_the_middle() -> None:
    lines = ladder_lines(segments_of(*OPENING), str, WIDEST + 20, 12, False)
    assert all(line.text.startswith(" " * 10) for line in lines)


def test_every_line_is_as_wide_in_every_language() -> None:
    for language in ("en", "ko", "zh"):
        lines = ladder_lines(segments_of(*OPENING), translation(language), WIDTH, 12, False)
        assert {cell_len(line.text) for line in lines} == {WIDTH}
        heads = head_lines(("클라이언트", "服务器"), ("1.2.3.4:5", "1.2.3.4:6"), WIDTH)
        assert [width_of(line.runs) for line in heads] == [WIDTH, WIDTH]
