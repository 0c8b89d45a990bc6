"""The scrub bar as cells."""

import pytest

from tcpwatch.monitor.replay.playhead import Playhead
from tcpwatch.monitor.snapshot import Snapshot, SourceStatus
from tcpwatch.tcp.event import Step
from tcpwatch.tui.bars.scrub_lines import bar_room, cell_of, landmarks, replay_status_line, scrub_line
from tcpwatch.tui.paint.format import grouped
from tcpwatch.tui.paint.glyphs import STEP_LOOKS
from tcpwatch.tui.protocols import Target
from tcpwatch.wire.segment import FIN, RST, SYN
from tests.monitor.replaying import Clock

SECOND = 1_000_000_000
SYN_LOOK, FIN_LOOK, RST_LOOK = (STEP_LOOKS[step] for step in (Step.SYN, Step.FIN, Step.RST))


def playhead(*seconds: float, position: int) -> Playhead:
    head = Playhead([int(one * SECOND) for one in seconds], Clock())
    head.seek(position)
    return head


def test_bar_shows_where_it_is_and_what_is_where() -> None:
    head = playhead(0, 1, 2, position=2)
    assert bar_room(head, 58) == range(9, 20)
    line = scrub_line(head, [SYN_LOOK, *[None] * 6, FIN_LOOK, None, None, RST_LOOK], 58)
    assert line.text == " ‖ 1×   ▕◇━━━━●─◔──✖▏ 1.000 s of 2.000 s · segment 2 of 3 "


def test_line_has_its_width_whatever_it_shows() -> None:
    head = playhead(0, 5, 3600, position=1)
    for width in (30, 40, 60, 80, 120, 200):
        room = bar_room(head, width)
        assert len(scrub_line(head, [None] * len(room), width).text) == width


def test_bar_says_that_silences_are_shortened_where_there_is_room() -> None:
    head = playhead(0, 5, 3600, position=3)
    assert scrub_line(head, [], 120).text.endswith(" 1:00:00.000 of 1:00:00.000 · segment 3 of 3 · silences shortened ")
    assert "silences" not in scrub_line(head, [], 80).text


def test_bar_of_a_narrow_terminal_is_short_of_words() -> None:
    assert scrub_line(playhead(0, 70, position=2), [], 45).text.endswith("▏ 1:10.000 · 2/2 ")


@pytest.mark.parametrize(("fraction", "cell"), [(0, 0), (0.04, 0), (0.06, 1), (0.5, 5), (1, 10)])
def test_cell_of_a_fraction_is_the_nearest(fraction: float, cell: int) -> None:
    assert cell_of(fraction, 11) == cell


def test_cell_with_several_landmarks_shows_the_gravest() -> None:
    control = bytes((SYN, SYN, 0, FIN, RST, SYN, FIN))
    assert landmarks(control, [0, 1, 50, 52, 53, 99, 100], 3) == [SYN_LOOK, RST_LOOK, FIN_LOOK]


def test_file_of_one_moment_has_its_landmarks_at_the_beginning() -> None:
    assert landmarks(bytes((SYN,)), [0], 3) == [SYN_LOOK, None, None]


def test_bar_says_that_the_numbers_are_so_far_while_the_file_is_read() -> None:
    head = playhead(0, 1, 2, position=2)
    head.grows = True
    assert scrub_line(head, [], 80).text.endswith("1.000 s of 2.000 s · segment 2 of 3 so far ")
    assert scrub_line(head, [], 42).text.endswith(" 1.000 s · 2/3+ ")


def test_status_says_how_far_the_file_is_read() -> None:
    sources = (SourceStatus("packets", True, "a capture file"), SourceStatus("file", True, "read 43 %: 88,000 so far"))
    picture = Snapshot(0, 0, (), {}, {}, sources, captured=96_000, dropped=0)
    words = replay_status_line(Target("file", "big.pcap"), picture, 120).text
    assert f" {grouped(96_000)} segments  read 43 %: {grouped(88_000)} so far " in words
    words = replay_status_line(Target("file", "big.pcap"), picture, 80).text
    assert words.endswith(" segments  read 43 %   replay · " + words[-13:])
