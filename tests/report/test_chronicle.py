from dataclasses import replace

import pytest

from tcpwatch.monitor.packet_log import LATENESS_NS
from tcpwatch.monitor.snapshot import Connection, Mark, Snapshot
from tcpwatch.report.chronicle import Chronicle
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, FIN
from tests.builders import connection, ends, event

SECOND = 1_000_000_000
LISTENER = connection(ends=ends(("127.0.0.1", 9999), ("0.0.0.0", 0)), state=State.LISTEN)


@pytest.fixture
def chronicle() -> Chronicle:
    return Chronicle(began_ns=10 * SECOND)


def table(time_ns: int, *connections: Connection) -> Snapshot:
    return Snapshot(time_ns, time_ns, connections, {}, {}, (), 0, 0)


def test_lines_stand_in_the_order_of_time(chronicle: Chronicle) -> None:
    chronicle.announce(12 * SECOND, "later")
    chronicle.receive([event(time_ns=11 * SECOND)])
    chronicle.announce(10 * SECOND, "first")
    assert [line.split()[0] for line in chronicle.lines()] == ["0.000", "1.000", "2.000"]
    assert chronicle.lines() == []


def test_line_waits_for_what_may_be_under_way(chronicle: Chronicle) -> None:
    chronicle.announce(11 * SECOND, "now")
    assert chronicle.lines(11 * SECOND + LATENESS_NS - 1) == []
    assert chronicle.lines(11 * SECOND + LATENESS_NS) == ["   1.000  ▶ now"]


def test_lines_of_one_moment_keep_the_order_of_arrival(chronicle: Chronicle) -> None:
    for says in "cab":
        chronicle.announce(10 * SECOND, says)
    assert [line[-1] for line in chronicle.lines()] == ["c", "a", "b"]


def test_segment_with_all_that_it_means(chronicle: Chronicle) -> None:
    fin = event(
        time_ns=10 * SECOND, flags=FIN | ACK, seq=15, ack=7, step=Step.FIN, analysis=("retransmission",),
        src_state=State.FIN_WAIT_1, dst_state=State.CLOSE_WAIT, note="simultaneous close",
    )  # fmt: skip
    chronicle.receive([fin])
    assert chronicle.lines() == [
        "   0.000    127.0.0.1:53412 → 127.0.0.1:9999 [FIN,ACK] seq 15 ack 7 len 0  "
        "1/4 FIN  retransmission  simultaneous close  (FIN-WAIT-1 → CLOSE-WAIT)"
    ]
    assert chronicle.segment_states == {"FIN-WAIT-1", "CLOSE-WAIT"}
    assert (chronicle.steps, chronicle.analysis) == ({"1/4 FIN"}, {"retransmission"})
    assert chronicle.socket_states == set()


def test_segment_that_means_nothing_special(chronicle: Chronicle) -> None:
    chronicle.receive([event(time_ns=10 * SECOND)])
    assert chronicle.lines()[0].endswith("seq 1 ack 1 len 0  (ESTABLISHED → ESTABLISHED)")
    assert chronicle.steps == set()


def test_socket_from_its_first_state_to_its_end(chronicle: Chronicle) -> None:
    open_end = connection()
    closed_by_peer = connection(state=State.CLOSE_WAIT)
    for second, now in enumerate((open_end, open_end, closed_by_peer, replace(closed_by_peer, mark=Mark.GONE)), 10):
        chronicle.observe(table(second * SECOND, now))
    pair = "127.0.0.1:9999 ⇄ 127.0.0.1:53412"
    assert chronicle.lines() == [
        f"   0.000    socket {pair} ESTABLISHED  java/4242 fd 58",
        f"   2.000    socket {pair} ESTABLISHED → CLOSE-WAIT  java/4242 fd 58",
        f"   3.000    socket {pair} was CLOSE-WAIT, is gone",
    ]
    assert chronicle.socket_states == {"ESTABLISHED", "CLOSE-WAIT"}


def test_socket_that_listens_has_one_end(chronicle: Chronicle) -> None:
    chronicle.observe(table(10 * SECOND, LISTENER))
    assert chronicle.lines() == ["   0.000    socket 127.0.0.1:9999 LISTEN  java/4242 fd 58"]


def test_socket_that_was_gone_when_first_seen(chronicle: Chronicle) -> None:
    chronicle.observe(table(10 * SECOND, connection(mark=Mark.GONE)))
    assert chronicle.lines() == []
