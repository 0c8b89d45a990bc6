"""The view of states."""

from dataclasses import replace

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.timeline import Interval, OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.context import tab_context
from tcpwatch.tui.detail.tabs.states import states_lines
from tests.tui.canned import MONO_NS, SECOND, TIME_NS, details, server_end

LEAK = replace(details()[server_end(53420)], wall_ns=TIME_NS - MONO_NS)
OPENED = MONO_NS - 200 * SECOND
OPEN = Interval(State.ESTABLISHED, OPENED, Precision.EXACT, (), "←3/3 ACK")
WAITS = Interval(State.CLOSE_WAIT, OPENED + 13 * SECOND + 120_512_345, Precision.EXACT, (), "←1/4 FIN")


def lines(*intervals: Interval, width: int = 118, left_out: int = 0, detail: Detail = LEAK) -> list[str]:
    with_timeline = replace(detail, timelines=(Timeline(intervals, left_out), Timeline()))
    return [line.text.rstrip() for line in states_lines(tab_context(with_timeline, MONO_NS, width))]


def test_states_with_moments_stays_and_causes() -> None:
    head, titles, first, second, *_ = (line.partition("│")[0].rstrip() for line in lines(OPEN, WAITS))
    assert head == " here  ◐ CLOSE-WAIT for 3m07s · java/4242 fd 58"
    assert titles.split() == ["entered", "state", "stayed", "by"]
    assert first == "  12:00:24.000000 ● ESTABLISHED    13.121s ←3/3 ACK"
    assert second == "  12:00:37.120512 ◐ CLOSE-WAIT       3m06s ←1/4 FIN"


def test_moment_says_how_well_it_is_known() -> None:
    between = WAITS._replace(precision=Precision.BETWEEN)
    _, _, first, second, *_ = lines(OPEN._replace(precision=Precision.AT_LEAST), between)
    assert first.split()[:4] == ["≤12:00:24.0", "●", "ESTABLISHED", "≥13s"]
    assert second.split()[:4] == ["~12:00:37.1", "◐", "CLOSE-WAIT", "~3m06s"]
    assert "w12:00:24.000000" in lines(OPEN._replace(precision=Precision.WIRE))[2]


def test_stay_that_may_have_been_nothing() -> None:
    received = Interval(State.SYN_RECEIVED, OPENED, Precision.AT_LEAST)
    assert lines(received, OPEN)[2].split()[2:4] == ["SYN-RECEIVED", "?"]


def test_end_of_a_life_lasts_no_time() -> None:
    over = Interval(State.CLOSED, MONO_NS, Precision.EXACT)
    assert lines(OPEN, over)[3].partition("│")[0].split() == ["12:03:44.000000", "✕", "CLOSED"]


def test_what_happened_stands_below_its_state() -> None:
    noisy = OPEN.noting(OccurrenceKind.RETRANSMISSION, OPENED + SECOND).noting(
        OccurrenceKind.RETRANSMISSION, OPENED + 3 * SECOND
    )
    text = lines(noisy.noting(OccurrenceKind.RESET_SENT, OPENED + 4 * SECOND))
    assert text[3].partition("│")[0].split() == ["↻", "2", "retransmissions", "12:00:25.000000", "to", "12:00:27.0"]
    assert text[4].partition("│")[0].split() == ["✖", "RST", "sent", "12:00:28.000000"]


def test_end_of_which_no_state_was_seen() -> None:
    assert lines(OPEN)[1].endswith("no state of it was seen")


def test_states_that_found_no_room_are_counted() -> None:
    assert "2 older states left out" in lines(OPEN, left_out=2)[2]


def test_narrow_view_has_one_end_below_the_other() -> None:
    text = lines(OPEN, WAITS, width=78)
    assert [line.split()[0] for line in text if line[1:5] in ("here", "peer")] == ["here", "peer"]
    assert not any("│" in line for line in text)


def test_no_line_is_wider_than_the_pane() -> None:
    assert all(len(line) <= 118 for line in lines(OPEN, WAITS))
