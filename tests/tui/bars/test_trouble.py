"""The line that says what is in trouble."""

from collections.abc import Sequence
from dataclasses import replace

from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.diagnose.problem import Limit, Problem, Severity, Since, Trend
from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.sockets.row import Backlog, NoOwner, Timer, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.tui.bars.trouble import NOTHING_STUCK, sparkline, summary
from tests.tui.canned import MONO_NS, SECOND, CannedMonitor, connection, server_end


def picture(connections: Sequence[Connection]) -> Snapshot:
    monitor = CannedMonitor()
    monitor.publish(list(connections))
    return monitor.snapshot()


def announcing(*problems: Problem) -> Snapshot:
    return replace(picture([]), problems=problems)


def test_summary_names_count_age_owner_and_remedy() -> None:
    leaks = [connection(n, server_end(n), State.CLOSE_WAIT, 60 * n, "java", 4242, n) for n in (1, 4)]
    assert summary(picture(leaks)).text == " ⚠ 2 CLOSE-WAIT  oldest 4m00s  java/4242 must close()"


def test_summary_names_the_worst_program_and_how_many_problems_there_are() -> None:
    rows = [connection(n, server_end(n), State.CLOSE_WAIT, 1, "java", 4242) for n in (1, 2)]
    rows.append(connection(3, server_end(3), State.CLOSE_WAIT, 1, "ruby", 7))
    rows.append(connection(4, server_end(4), State.LISTEN, 1, backlog=Backlog(9, 8)))
    text = summary(picture(rows)).text
    assert text.startswith(" ✖ 1 LISTEN with a full accept queue")
    assert text.endswith("must accept() faster   1 of 3 !")


def test_summary_without_owners_says_what_is_missing() -> None:
    leak = connection(1, server_end(1), State.CLOSE_WAIT, 1, no_owner=NoOwner.NEEDS_ROOT)
    assert "its program (root sees which) must close()" in summary(picture([leak])).text


def test_summary_of_a_socket_without_a_program_names_the_kernel() -> None:
    timer = Timer(TimerKind.RETRANSMIT, 100, 3)
    orphan = connection(1, server_end(1), State.LAST_ACK, 1, timer=timer, no_owner=NoOwner.KERNEL)
    text = summary(picture([orphan])).text
    assert text == " ⚠ 1 not acknowledged  ≥0s  the kernel, whose program let go, gets no ACK from its peer"


def test_summary_says_the_message_of_a_problem_without_a_brief_form() -> None:
    alarm = Problem(Severity.ERROR, "The accept queue of :80 overflowed 12 times.", rule="turned-away")
    assert summary(announcing(alarm)).text == " ✖ The accept queue of :80 overflowed 12 times."
    assert summary(announcing(alarm, alarm)).text.endswith("12 times.   1 of 2 !")


def test_summary_does_not_count_notes() -> None:
    assert summary(announcing(Problem(Severity.NOTE, "A half-open queue is full."))) == NOTHING_STUCK


def test_summary_shows_growth_its_course_and_the_limit() -> None:
    leak = Problem(
        Severity.WARN, "", brief="51 CLOSE-WAIT", subject="python3/7", must="must close()",
        trend=Trend(40, (0, 10, 20, 51)), limit=Limit("fds", 64, 20_000, 8 * 3600 * SECOND),
    )  # fmt: skip
    assert summary(announcing(leak)).text == (
        " ⚠ 51 CLOSE-WAIT  +40/min ▁▂▃█  python3/7 must close()   fds 64/20,000, full in ~8h00m"
    )


def test_sparkline_of_nothing_is_flat() -> None:
    assert sparkline((0, 0)) == "▁▁"
    assert sparkline(()) == ""


def test_summary_of_half_open_connections_accuses_no_program_of_letting_go() -> None:
    timer = Timer(TimerKind.RETRANSMIT, 100, 3)
    flood = [connection(n, server_end(n), State.SYN_RECEIVED, 3, timer=timer, no_owner=NoOwner.KERNEL) for n in (1, 2)]
    text = summary(picture(flood)).text
    assert text == " ⚠ 2 half open  oldest ≥0s  the client must send the last ACK"


def test_summary_of_nothing() -> None:
    assert "nothing looks stuck" in summary(picture([connection(1, server_end(1), State.ESTABLISHED, 1)])).text


def test_summary_where_each_close_wait_still_sends() -> None:
    streaming = replace(connection(1, server_end(1), State.CLOSE_WAIT, 60), half_close=HalfClose(True, 1))
    assert summary(picture([streaming])).text.startswith(" ✓ nothing looks stuck: each CLOSE-WAIT still sends")


def test_summary_of_a_source_without_queues_and_timers_claims_no_more_than_it_knows() -> None:
    from_a_file = connection(1, server_end(1), State.ESTABLISHED, 1, recv_q=None, send_q=None)
    assert summary(picture([from_a_file])).text.startswith(" no CLOSE-WAIT here. More is not known")
    tidy = connection(2, server_end(2), State.TIME_WAIT, 1, recv_q=None, timer=Timer(TimerKind.TIME_WAIT, 1, 0))
    assert "nothing looks stuck" in summary(picture([tidy])).text
    listening = connection(3, server_end(3), State.LISTEN, 1, recv_q=None, backlog=Backlog(0, 128))
    assert "nothing looks stuck" in summary(picture([listening])).text


def test_summary_tells_the_age_of_the_oldest() -> None:
    since = Since(MONO_NS - 9 * SECOND, seen=False)
    shut = Problem(Severity.WARN, "", brief="3 with a full window", since=since, members=(1, 2, 3))
    assert summary(announcing(shut)).text.startswith(" ⚠ 3 with a full window  oldest ≥9s")
