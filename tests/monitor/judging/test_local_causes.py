"""What the rest of the table says of a socket that waits."""

from dataclasses import replace

from tcpwatch.diagnose.local_cause import LocalCause
from tcpwatch.monitor.judging.local_causes import with_local_causes
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.counters import NO_STACK, Rise, Stack
from tcpwatch.sockets.row import Backlog, NoOwner, Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tests.builders import CLIENT, SERVER, connection, ends
from tests.diagnose.kernel_record import Record

SECOND = 1_000_000_000
NOW_NS = 100 * SECOND
AGAIN = Timer(TimerKind.RETRANSMIT, 900, 4)
DEFERS = Record({"rskq_defer_accept": 5})


def listener(backlog: Backlog, record: Record | None = None) -> Connection:
    return connection(
        cookie=9, state=State.LISTEN, backlog=backlog, record=record, ends=ends(("0.0.0.0", 9999), ("0.0.0.0", 0))
    )


def handshake(cookie: int, again: int = 0, acked: int | None = None) -> Connection:
    record = Record({"acked": acked, "num_timeout": 1}, None) if acked is not None else None
    where = ends(SERVER, (f"10.0.0.{cookie}", 5000))
    timer = Timer(TimerKind.RETRANSMIT, 900, again)
    return connection(cookie=cookie, state=State.SYN_RECEIVED, ends=where, timer=timer, record=record)


def waiting(cookie: int, age_s: int) -> Connection:
    where = ends(SERVER, (f"10.0.0.{cookie}", 5000))
    return connection(
        cookie=cookie, ends=where, inode=0, owners=(), no_owner=NoOwner.NOT_ACCEPTED, since_ns=NOW_NS - age_s * SECOND
    )


def judged(*connections: Connection, stack: Stack = NO_STACK) -> list[Connection]:
    return list(with_local_causes(connections, stack, NOW_NS))


def causes(*connections: Connection) -> list[LocalCause | None]:
    return [one.local_cause for one in judged(*connections)]


def test_sockets_of_which_none_waits_are_left_as_they_are() -> None:
    quiet = (connection(cookie=1), connection(cookie=2))
    assert with_local_causes(quiet, NO_STACK, NOW_NS) is quiet


def test_listener_knows_who_waits_in_its_queues_and_for_how_long_the_first() -> None:
    found, *_ = judged(listener(Backlog(2, 128, half_open=1)), waiting(1, 4), waiting(2, 30), handshake(3))
    assert found.queues is not None
    assert (found.queues.waiting, found.queues.waited_ns, found.queues.half_open) == (2, 30 * SECOND, 1)


def test_full_half_open_queue_is_a_flood_where_syn_acks_go_out_again_or_cookies_were_sent() -> None:
    def flooded(again: int, stack: Stack = NO_STACK) -> bool:
        crowd = [handshake(cookie, again) for cookie in range(1, 5)]
        found, *_ = judged(listener(Backlog(0, 4, half_open=4)), *crowd, stack=stack)
        return found.queues is not None and found.queues.flooded

    assert [flooded(again) for again in (0, 1)] == [False, True]
    assert flooded(0, Stack({"SyncookiesSent": Rise(9, 9)}))


def test_handshakes_that_a_listener_puts_aside_are_no_flood() -> None:
    crowd = [handshake(cookie, again=0, acked=1) for cookie in range(1, 5)]
    found, *members = judged(listener(Backlog(0, 4, half_open=4), DEFERS), *crowd)
    assert found.queues is not None
    assert (found.queues.put_aside, found.queues.flooded) == (4, False)
    assert {one.local_cause for one in members} == {LocalCause.DEFERRED}


def test_client_of_a_full_accept_queue_on_this_host_has_its_cause_there() -> None:
    client = connection(cookie=1, state=State.SYN_SENT, ends=ends(CLIENT, SERVER), timer=AGAIN)
    elsewhere = replace(client, row=replace(client.row, cookie=2, ends=ends(CLIENT, ("10.0.0.9", 9999))))
    full, room = listener(Backlog(129, 128)), listener(Backlog(1, 128))
    assert causes(full, client) == [None, LocalCause.FULL_QUEUE]
    assert causes(room, client) == [None, None]
    assert (
        judged(replace(full, row=replace(full.row, ends=ends(SERVER, ("0.0.0.0", 0)))), elsewhere)[1].local_cause
        is None
    )


def test_writer_whose_reader_on_this_host_does_not_read_has_its_cause_there() -> None:
    info = replace(TcpInfo.decode(bytes(280)), last_data_recv=9_000)
    reader = connection(cookie=1, recv_q=9, record=Record({"rcv_wnd": 0}, info), read_ns=NOW_NS)
    writer = connection(cookie=2, send_q=9, peer=1, timer=Timer(TimerKind.PERSIST, 900, 0))
    stuck, held = judged(reader, writer)
    assert (stuck.unread_ns, held.local_cause) == (9 * SECOND, LocalCause.READER)
    assert causes(connection(cookie=1), writer) == [None, None]


def test_syn_whose_other_end_on_this_host_has_answered_leaves_the_alarm_to_it() -> None:
    answers = handshake(1, again=4)
    client = connection(cookie=2, state=State.SYN_SENT, peer=1, timer=AGAIN)
    assert causes(listener(Backlog(0, 128, half_open=1)), answers, client) == [None, None, LocalCause.ANSWERED]
