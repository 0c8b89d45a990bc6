"""What is in trouble, and the line that says so."""

import pytest

from tcpwatch.diagnose.finding import Finding, Severity
from tcpwatch.monitor.snapshot import Mark
from tcpwatch.tcp.sockets import Backlog, NoOwner, Timer, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.tui.trouble import summary, trouble_of
from tests.tui.canned import MONO_NS, connection, server_end

PROBES_ANSWERED = Timer(TimerKind.PERSIST, 100, 0)


@pytest.mark.parametrize(
    ("state", "facts", "name"),
    [
        (State.CLOSE_WAIT, {}, "CLOSE-WAIT"),
        (State.CLOSE_WAIT, {"mark": Mark.GONE}, None),
        (State.LISTEN, {"backlog": Backlog(129, 128)}, "LISTEN with a full accept queue"),
        (State.LISTEN, {"backlog": Backlog(128, 128)}, None),
        (State.LISTEN, {"backlog": Backlog(0, 128), "turned_away": 1}, "LISTEN that turned clients away"),
        (State.SYN_SENT, {"timer": Timer(TimerKind.RETRANSMIT, 100, 3)}, "not acknowledged"),
        (State.ESTABLISHED, {"timer": Timer(TimerKind.RETRANSMIT, 100, 2)}, None),
        (State.ESTABLISHED, {"timer": Timer(TimerKind.PERSIST, 100, 1)}, "with a full window"),
        (State.ESTABLISHED, {"timer": PROBES_ANSWERED, "info_bytes": bytes((1, 0, 0, 0, 4))}, "with a full window"),
        (State.ESTABLISHED, {"timer": PROBES_ANSWERED, "info_bytes": bytes((1, 0, 0, 0, 0))}, None),
        (State.ESTABLISHED, {"timer": PROBES_ANSWERED}, "with a full window"),
        (State.ESTABLISHED, {"timer": Timer(TimerKind.KEEPALIVE, 100, 0)}, None),
        (State.ESTABLISHED, {}, None),
    ],
)
def test_trouble_of(state: State, facts: dict[str, object], name: str | None) -> None:
    trouble = trouble_of(connection(1, server_end(1), state, 5, **facts))  # type: ignore[arg-type]
    assert (trouble.name if trouble else None) == name


def test_summary_names_count_age_owner_and_remedy() -> None:
    leaks = [connection(n, server_end(n), State.CLOSE_WAIT, 60 * n, "java", 4242, n) for n in (1, 4)]
    assert summary(leaks, MONO_NS).text == " ⚠ 2 CLOSE-WAIT  oldest 4m00s  java/4242 must close()"


def test_summary_names_the_worst_owner_and_other_trouble() -> None:
    rows = [connection(n, server_end(n), State.CLOSE_WAIT, 1, "java", 4242) for n in (1, 2)]
    rows.append(connection(3, server_end(3), State.CLOSE_WAIT, 1, "ruby", 7))
    rows.append(connection(4, server_end(4), State.LISTEN, 1, backlog=Backlog(9, 8)))
    text = summary(rows, MONO_NS).text
    assert "java/4242 and 1 other must close()" in text
    assert text.endswith("and 1 more in other trouble")


def test_summary_without_owners_says_what_is_missing() -> None:
    leak = connection(1, server_end(1), State.CLOSE_WAIT, 1, no_owner=NoOwner.NEEDS_ROOT)
    assert "its program (needs root) must close()" in summary([leak], MONO_NS).text


def test_summary_of_a_socket_without_a_program_names_the_kernel() -> None:
    timer = Timer(TimerKind.RETRANSMIT, 100, 3)
    orphan = connection(1, server_end(1), State.LAST_ACK, 1, timer=timer, no_owner=NoOwner.KERNEL)
    text = summary([orphan], MONO_NS).text
    assert text == " ⚠ 1 not acknowledged  oldest 1s  the kernel, whose program let go, gets no ACK from its peer"


def test_summary_begins_with_an_alarm() -> None:
    alarm = Finding(Severity.ERROR, "turned-away", "The accept queue of :80 overflowed 12 times.")
    refusing = connection(1, server_end(1), State.LISTEN, 1, backlog=Backlog(9, 8), turned_away=12)
    leak = connection(2, server_end(2), State.CLOSE_WAIT, 1)
    assert summary([refusing], MONO_NS, [alarm]).text == " ⚠ The accept queue of :80 overflowed 12 times."
    assert summary([refusing, leak], MONO_NS, [alarm]).text.endswith("12 times.   and 1 more in other trouble")
    assert summary([leak], MONO_NS, [alarm, alarm]).text.endswith("and 2 more in other trouble")


def test_summary_of_nothing() -> None:
    assert "nothing looks stuck" in summary([connection(1, server_end(1), State.ESTABLISHED, 1)], MONO_NS).text


def test_summary_of_a_source_without_queues_and_timers_claims_no_more_than_it_knows() -> None:
    from_a_file = connection(1, server_end(1), State.ESTABLISHED, 1, recv_q=None, send_q=None)
    assert summary([from_a_file], MONO_NS).text.startswith(" no CLOSE-WAIT here. More is not known")
    tidy = connection(2, server_end(2), State.TIME_WAIT, 1, recv_q=None, timer=Timer(TimerKind.TIME_WAIT, 1, 0))
    assert "nothing looks stuck" in summary([tidy], MONO_NS).text
    listening = connection(3, server_end(3), State.LISTEN, 1, recv_q=None, backlog=Backlog(0, 128))
    assert "nothing looks stuck" in summary([listening], MONO_NS).text
