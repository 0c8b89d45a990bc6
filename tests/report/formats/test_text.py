from collections.abc import Iterator
from typing import Any

import pytest

from tcpwatch.capture.interfaces import Interface
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.report.formats import text
from tcpwatch.report.records.doctor import Check, Examination, UserRights
from tcpwatch.report.records.sockets import ReportedSocket
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import Backlog, NoOwner, SocketRow, Timer, TimerKind
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.segment import ACK, RST, SYN
from tests.builders import connection, ends, event, segment


def lines_of(connections: list[Connection], now_ns: int) -> Iterator[str]:
    def read_row() -> SocketRow:
        pytest.fail("no column of the text needs it")

    return text.sockets(ReportedSocket(found, now_ns, read_row, str) for found in connections)


def test_sockets_are_aligned_under_their_titles() -> None:
    titles, first = lines_of([connection(state=State.CLOSE_WAIT, recv_q=501)], 187 * SECOND_NS)
    assert first.split() == [
        "CLOSE-WAIT", "501", "0", "127.0.0.1:9999", "127.0.0.1:53412", "3m07s", "-", "java/4242", "fd", "58",
    ]  # fmt: skip
    assert titles.index("LOCAL") == first.index("127.0.0.1:9999")


def test_age_that_was_not_seen_to_begin_is_at_least() -> None:
    _, first = lines_of([connection(since_seen=False)], 61 * SECOND_NS)
    assert "≥1m01s" in first


def test_listener_shows_its_accept_queue() -> None:
    _, first = lines_of([connection(state=State.LISTEN, backlog=Backlog(3, 128))], 0)
    assert first.split()[:5] == ["LISTEN", "3", "128", "127.0.0.1:9999", "*"]


def test_queue_that_the_source_does_not_know_is_a_question_mark() -> None:
    _, first = lines_of([connection(recv_q=None, send_q=None)], 0)
    assert first.split()[1:3] == ["?", "?"]


def test_namespace_is_said_where_one_is_another_than_here() -> None:
    elsewhere, here = connection(netns=Namespace(5, "blue")), connection(netns=Namespace(6, here=True))
    titles, *lines = lines_of([elsewhere, here, connection()], 0)
    assert [line.split()[-1] for line in (titles, *lines)] == ["NETNS", "blue", "here", "-"]
    assert "NETNS" not in next(lines_of([here, connection()], 0))


def test_timer_says_what_is_left_and_how_often_it_fired() -> None:
    _, first = lines_of([connection(timer=Timer(TimerKind.RETRANSMIT, 1_400, 2, read_ns=0))], SECOND_NS)
    assert "retransmit 0.4s ×2" in first


def test_owner_column_is_never_blank() -> None:
    assert connection(owners=(), no_owner=NoOwner.NEEDS_ROOT).holders == "needs root"
    assert connection(owners=(), no_owner=None).holders == "unknown"


def test_packet_line_ends_with_its_meaning() -> None:
    line = text.packet(event(step=Step.HANDSHAKE_ACK, analysis=("keep_alive",)))
    assert line.endswith("127.0.0.1:53412 > 127.0.0.1:9999 [ACK] seq 1 ack 1 win 65536 len 0  3/3 ACK  keep_alive")


def test_packet_window_of_unknown_scale_is_called_raw() -> None:
    assert "win 512 raw " in text.packet(event(window=512, scaled=False))


def test_packet_time_has_six_places() -> None:
    assert text.packet(event(time_ns=1_999)).split()[0].endswith(":00.000001")


def test_packet_without_meaning_ends_with_its_length() -> None:
    assert text.packet(event()).endswith(" len 0")


def test_flows_are_aligned_under_their_titles() -> None:
    tracker = FlowTracker()
    for each in (segment(length=1500), segment(length=1500), segment(ends=ends(("::1", 1), ("::1", 2)), time_ns=7)):
        tracker.receive_segment(each)
    titles, first, second = text.FlowTable().lines(tracker.flows())
    assert first.split() == [
        *("0", "127.0.0.1:53412", "127.0.0.1:9999", "midstream", "open", "ESTABLISHED/ESTABLISHED"),
        *("3,000", "0", "2+0", "-", "0.0s", "retransmission", "1"),
    ]  # fmt: skip
    assert titles.index("INITIATOR") == first.index("127.0.0.1:53412") == second.index("[::1]:1")


def test_flow_that_was_closed_says_who_began_it() -> None:
    tracker = FlowTracker()
    tracker.receive_segment(segment(flags=RST | ACK))
    assert "reset, initiator first" in list(text.FlowTable().lines(tracker.flows()))[1]


def test_no_flows_have_no_titles() -> None:
    assert list(text.FlowTable().lines([])) == []


def examination(**facts: Any) -> Examination:
    values: dict[str, Any] = {
        "version": "1",
        "system": "Linux 6",
        "python": "3.11",
        "before": UserRights("root", True, ["CAP_NET_ADMIN", "CAP_SYS_PTRACE"]),
        "after_start": UserRights("nobody", False, ["CAP_SYS_PTRACE"]),
        "netns": "here",
        "other_netns": [],
        "checks": [],
        "interfaces": [],
    }
    return Examination(**(values | facts))


def test_doctor_says_who_one_is_and_what_is_kept() -> None:
    assert list(text.doctor([examination()]))[:4] == [
        "tcpwatch 1 on Linux 6, Python 3.11",
        "user root; capabilities: CAP_NET_ADMIN, CAP_SYS_PTRACE",
        "once all is open: user nobody; capabilities: CAP_SYS_PTRACE (to find owners in /proc)",
        "network namespace: here; others in sight: none",
    ]
    root = UserRights("root", True, [])
    assert list(text.doctor([examination(after_start=root)]))[2].startswith(
        "once all is open: user root (there is nobody else to be here); capabilities: none"
    )


def test_doctor_says_what_works_and_what_would_help() -> None:
    checks = [
        Check("sockets", True, "by BPF"),
        Check("packets", False, "no right", "sudo it"),
        Check("a", True, "", "b"),
    ]
    assert list(text.doctor([examination(checks=checks)]))[5:10] == [
        "● sockets   by BPF",
        "○ packets   no right",
        "            to have it: sudo it",
        "● a         ",
        "            to have more: b",
    ]


def test_doctor_lists_the_interfaces() -> None:
    lo = Interface("lo", 1, True, True, None, ("127.0.0.1", "::1"))
    down = Interface("eth0", 2, False, False, None)
    assert list(text.doctor([examination(interfaces=[lo, down])]))[-2:] == [
        "  lo              up    loopback  127.0.0.1 ::1",
        "  eth0            down",
    ]


def test_flows_in_two_parts_have_one_title() -> None:
    tracker = FlowTracker()
    tracker.receive_segment(segment(flags=SYN))
    table = text.FlowTable()
    first, second = list(table.lines(tracker.flows())), list(table.lines(tracker.flows()))
    assert (len(first), second, list(table.lines([]))) == (2, first[1:], [])
