"""A ladder as SVG: what is drawn, where, and what hostile text becomes."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tcpwatch.report.ladder import Ladder, Rung, Tone
from tcpwatch.report.ladder_svg import LEFT, RIGHT, height_of, since_first, svg, svg_file
from tcpwatch.tcp.state import State

SECOND = 1_000_000_000
SYN = Rung(0, 0, "1/3 SYN   SYN   seq 0", (State.SYN_SENT, State.LISTEN), (True, False), Tone.OPENING)
SYN_ACK = replace(SYN, time_ns=40_000, side=1, label="2/3 SYN-ACK", states=(State.ESTABLISHED, State.SYN_RECEIVED))
LADDER = Ladder(
    3, ("the client", "the server"), ("10.0.0.1:4000", "10.0.0.2:80"), [SYN, SYN_ACK], (State.CLOSED, State.LISTEN)
)
NAME = "{http://www.w3.org/2000/svg}"


def parsed(*ladders: Ladder) -> ElementTree.Element:
    return ElementTree.fromstring(svg_file(ladders))


def words_of(picture: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in picture.iter(f"{NAME}text")]


def test_both_ends_their_states_times_and_labels_are_there() -> None:
    words = words_of(parsed(LADDER))
    for expected in (
        "the client", "10.0.0.2:80", "CLOSED", "LISTEN", "SYN-SENT", "1/3 SYN   SYN   seq 0", "0.000 000 s",
        "0.000 040 s", "ESTABLISHED", "SYN-RECEIVED",
    ):  # fmt: skip
        assert expected in words


def test_arrows_go_from_the_sender_down_to_the_receiver() -> None:
    arrows = [one.attrib for one in parsed(LADDER).iter(f"{NAME}line") if "arrow" in one.attrib["class"]]
    assert [(int(one["x1"]), int(one["x2"])) for one in arrows] == [(LEFT, RIGHT - 9), (RIGHT, LEFT + 9)]
    assert all(int(one["y1"]) < int(one["y2"]) for one in arrows)


def test_lost_segment_ends_in_a_cross_before_it_gets_there() -> None:
    lost = parsed(replace(LADDER, rungs=[replace(SYN, lost=True)]))
    arrow = next(one.attrib for one in lost.iter(f"{NAME}line") if "arrow" in one.attrib["class"])
    assert LEFT < int(arrow["x2"]) < RIGHT - 50
    assert [one.attrib["class"] for one in lost.iter(f"{NAME}path")] == ["lost"]


def test_segment_that_is_sent_again_is_broken() -> None:
    assert 'class="arrow again"' in svg(replace(LADDER, rungs=[replace(SYN, again=True)]))


def test_silence_takes_room() -> None:
    later = replace(LADDER, rungs=[SYN, replace(SYN_ACK, time_ns=10 * SECOND)])
    assert height_of(later) > height_of(LADDER) + 30
    back = replace(LADDER, rungs=[SYN, replace(SYN_ACK, time_ns=-10)])
    assert height_of(back) == height_of(LADDER)


def test_segments_left_out_are_counted_where_they_were() -> None:
    words = words_of(parsed(replace(LADDER, left_out=1_204, gap=1)))
    assert words.index("1/3 SYN   SYN   seq 0") < words.index("… 1,204 …") < words.index("2/3 SYN-ACK")


def test_file_shows_each_ladder_alone_by_its_view() -> None:
    views = [one.attrib for one in parsed(LADDER, LADDER).iter(f"{NAME}view")]
    height = height_of(LADDER)
    assert [one["id"] for one in views] == ["ladder-1", "ladder-2"]
    assert [one["viewBox"] for one in views] == [f"0 0 900 {height}", f"0 {height} 900 {height}"]


def test_no_ladder_is_a_picture_too() -> None:
    assert words_of(parsed()) == ["No segment was captured."]
    assert words_of(parsed(replace(LADDER, rungs=[])))[0] == "the client"


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "]]><x>", "&lt;", 'a" onload="b', "a\nb\u202ec", "\0"]
)
def test_hostile_text_stays_text(hostile: str) -> None:
    picture = parsed(replace(LADDER, names=(hostile, "b"), ends=(hostile, "b"), rungs=[replace(SYN, label=hostile)]))
    assert {one.tag for one in picture.iter()} <= {
        NAME + name for name in ("svg", "style", "rect", "view", "title", "text", "line", "path", "g")
    }
    assert not any("onload" in one.attrib for one in picture.iter())
    assert not any("\u202e" in word for word in words_of(picture))


def test_long_label_is_cut_and_whole_where_a_pointer_rests() -> None:
    picture = parsed(replace(LADDER, rungs=[replace(SYN, label="GET /" + "x" * 200)]))
    assert any(word.endswith("…") and len(word) < 70 for word in words_of(picture))
    assert any(one.text == "GET /" + "x" * 200 for one in picture.iter(f"{NAME}title"))


@pytest.mark.parametrize(
    ("ns", "words"),
    [(0, "0.000 000 s"), (12_345_678_900, "12.345 678 s"), (-1_000, "-0.000 001 s"), (1_000 * SECOND, "16m40s")],
)
def test_time_since_the_first(ns: int, words: str) -> None:
    assert since_first(ns) == words
