"""A ladder as text, and as Markdown."""

from dataclasses import replace

from tcpwatch.report.ladder_text import ARROW, STATE, TIME, as_markdown, as_text
from tcpwatch.text.cells import cells
from tests.report.test_ladder_svg import LADDER, SYN

LEFT, RIGHT = TIME + STATE + 1, TIME + STATE + ARROW + 2


def test_segments_stand_between_the_lines_with_the_states_that_they_leave() -> None:
    names, ends, begins, _, syn, _, syn_ack = as_text(LADDER)
    assert names.split() == ["the", "client", "the", "server"]
    assert ends.split() == ["10.0.0.1:4000", "10.0.0.2:80"]
    assert begins.split() == ["CLOSED", "│", "│", "LISTEN"]
    assert syn.split("│") == [f"{'SYN-SENT':>{TIME + STATE}} ", "─" * (ARROW - 1) + "▶", " LISTEN"]
    assert syn_ack.split("│")[1] == "◀" + "─" * (ARROW - 1)


def test_lifelines_are_straight_whatever_is_written() -> None:
    wide = replace(LADDER, rungs=[replace(SYN, label="GET /" + "가" * 100), replace(SYN, label="")])
    for line in list(as_text(wide))[2:]:
        assert cells(line[: line.index("│")]) == LEFT
        assert cells(line[: line.rindex("│")]) == RIGHT


def test_lost_and_repeated_segments_look_otherwise() -> None:
    lines = list(as_text(replace(LADDER, rungs=[replace(SYN, lost=True, again=True)])))
    assert lines[-1].split("│")[1] == "╌" * (ARROW - 1) + "✕"


def test_segments_left_out_are_counted_where_they_were() -> None:
    lines = list(as_text(replace(LADDER, left_out=1_204, gap=1)))
    assert lines[5].split() == ["│", "…", "1,204", "…", "│"]


def test_markdown_is_code_that_no_backtick_ends() -> None:
    lines = list(as_markdown(replace(LADDER, rungs=[replace(SYN, label="```` <script>")])))
    assert lines[:3] == ["## 10.0.0.1:4000 ⇄ 10.0.0.2:80", "", "`````text"]
    assert lines[-1] == "`````"
    assert sum(line.startswith("```") for line in lines) == 2
