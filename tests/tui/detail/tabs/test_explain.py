"""The lines of the tab Explain."""

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.row import Backlog
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.context import tab_context
from tcpwatch.tui.detail.tabs.explain import explain_lines
from tests.tui.canned import MONO_NS, connection, details, ends_of, server_end

LEAK = details()[server_end(53420)]


def lines(detail: Detail, width: int = 118) -> list[str]:
    return [line.text for line in explain_lines(tab_context(detail, MONO_NS, width, False))]


def test_verdict_comes_first_then_what_to_do_and_what_it_rests_on() -> None:
    text = lines(LEAK)
    assert [line.split()[0] for line in text[:5]] == ["⚠", "do", "unread", "timer", "course"]
    assert len(text) == 12


def test_both_ends_follow() -> None:
    assert " │ peer  ◑ FIN-WAIT-2 for 3m07s · curl/5120 fd 3" in lines(LEAK)[5]


def test_narrow_detail_has_problem_timer_state_and_numbers_on_the_first_screen() -> None:
    text = "\n".join(lines(LEAK, 79)[:18])
    for word in ("⚠", "timer", "CLOSE-WAIT", "SND.UNA", "SND.NXT", "SND.WND"):
        assert word in text


def test_no_line_is_wider_than_the_pane() -> None:
    for width in (40, 79, 118, 200):
        assert all(len(line) <= width for line in lines(LEAK, width))


def test_listener_has_its_queue_in_words() -> None:
    one = connection(1, ends_of(("0.0.0.0", 9999), ("0.0.0.0", 0)), State.LISTEN, 5, backlog=Backlog(0, 128))
    assert "0 of 128" in "\n".join(lines(Detail(one.row.ends, one, None, (), (), None, None, None, ())))
