from tcpwatch.monitor.interruptions import Interruption
from tcpwatch.tui.packets.interruptions import Interleaved, interruption_line
from tests.tui.canned import TIME_NS

SECOND = 1_000_000_000


def test_interruptions_stand_before_the_segment_after_them() -> None:
    gone, back, last = Interruption(2, "a", 1, 2), Interruption(2, "b", 2, 2), Interruption(5, "c", 3, None)
    rows = Interleaved(range(1, 5), (gone, back, last))
    shown = list(rows)
    assert [row for row in shown if isinstance(row, int)] == [1, 2, 3, 4]
    assert shown == sorted(shown)
    assert [rows.interruptions.get(row) for row in shown] == [None, gone, back, None, None, None, last]
    assert (rows[-1], rows[0], rows[1:3]) == (shown[-1], 1, shown[1:3])


def test_interruptions_of_an_empty_list() -> None:
    one = Interruption(0, "a", 1, None)
    rows = Interleaved(range(0), (one,))
    assert [rows.interruptions[row] for row in rows] == [one]


def test_line_of_what_is_over() -> None:
    line = interruption_line(Interruption(7, "eth0 is down", TIME_NS, TIME_NS + 6 * SECOND))
    assert line.text == " ── eth0 was down 12:03:44, back 12:03:50: not captured ──"


def test_line_of_what_lasts() -> None:
    line = interruption_line(Interruption(7, "eth0 is gone", TIME_NS, None))
    assert line.text == " ── eth0 is gone since 12:03:44: nothing is captured ──"


def test_line_of_a_moment() -> None:
    line = interruption_line(Interruption(7, "eth0 is now called wan", TIME_NS, TIME_NS))
    assert line.text == " ── eth0 is now called wan 12:03:44 ──"
