"""The line that says what is in trouble."""

from collections.abc import Sequence
from dataclasses import replace

from tcpwatch.diagnose.finding import Finding, Severity, Since
from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.sockets.row import Backlog, NoOwner, Timer, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.tui.bars.trouble import summary
from tests.tui.canned import MONO_NS, SECOND, CannedMonitor, connection, server_end


def picture(connections: Sequence[Connection], *alarms: Finding) -> Snapshot:
    return replace(CannedMonitor().snapshot(), connections=tuple(connections), alarms=alarms)


def test_summary_names_count_age_owner_and_remedy() -> None:
    leaks = [connection(n, server_end(n), State.CLOSE_WAIT, 60 * n, "java", 4242, n) for n in (1, 4)]
    assert summary(picture(leaks)).text == " ⚠ 2 CLOSE-WAIT  oldest 4m00s  java/4242 must close()"


def test_summary_names_the_worst_owner_and_other_trouble() -> None:
    rows = [connection(n, server_end(n), State.CLOSE_WAIT, 1, "java", 4242) for n in (1, 2)]
    rows.append(connection(3, server_end(3), State.CLOSE_WAIT, 1, "ruby", 7))
    rows.append(connection(4, server_end(4), State.LISTEN, 1, backlog=Backlog(9, 8)))
    text = summary(picture(rows)).text
    assert "java/4242 and 1 other must close()" in text
    assert text.endswith("and 1 more in other trouble")


def test_summary_without_owners_says_what_is_missing() -> None:
    leak = connection(1, server_end(1), State.CLOSE_WAIT, 1, no_owner=NoOwner.NEEDS_ROOT)
    assert "its program (needs root) must close()" in summary(picture([leak])).text


def test_summary_of_a_socket_without_a_program_names_the_kernel() -> None:
    timer = Timer(TimerKind.RETRANSMIT, 100, 3)
    orphan = connection(1, server_end(1), State.LAST_ACK, 1, timer=timer, no_owner=NoOwner.KERNEL)
    text = summary(picture([orphan])).text
    assert text == " ⚠ 1 not acknowledged  the kernel, whose program let go, gets no ACK from its peer"


def test_summary_begins_with_an_alarm() -> None:
    alarm = Finding(Severity.ERROR, "The accept queue of :80 overflowed 12 times.", rule="turned-away")
    refusing = connection(1, server_end(1), State.LISTEN, 1, backlog=Backlog(9, 8), turned_away=12)
    leak = connection(2, server_end(2), State.CLOSE_WAIT, 1)
    assert summary(picture([refusing], alarm)).text == " ⚠ The accept queue of :80 overflowed 12 times."
    assert summary(picture([refusing, leak], alarm)).text.endswith("12 times.   and 1 more in other trouble")
    assert summary(picture([leak], alarm, alarm)).text.endswith("and 2 more in other trouble")


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


def test_summary_tells_the_age_of_the_trouble_and_not_of_the_state() -> None:
    shut = Timer(TimerKind.PERSIST, 100, 1)
    rows = [connection(n, server_end(n), State.ESTABLISHED, 345_600, timer=shut) for n in (1, 2, 3)]
    since = {1: Since(MONO_NS - 5 * SECOND, True), 2: Since(MONO_NS - 9 * SECOND, False)}
    told = summary(replace(picture(rows), trouble_since=since)).text
    assert told.startswith(" ⚠ 3 with a full window  oldest ≥9s  ")
