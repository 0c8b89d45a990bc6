from dataclasses import replace

import pytest

from tcpwatch.monitor.snapshot import Connection, Mark, Snapshot
from tcpwatch.monitor.traffic.packet_log import LATENESS_NS
from tcpwatch.narration.transcript import Transcript
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, FIN
from tests.builders import connection, ends, event
from tests.narration.test_ladder import traced
from tests.narration.traces import OPENING

SECOND = 1_000_000_000
LISTENER = connection(ends=ends(("127.0.0.1", 9999), ("0.0.0.0", 0)), state=State.LISTEN)


@pytest.fixture
def transcript() -> Transcript:
    return Transcript(began_ns=10 * SECOND)


def table(time_ns: int, *connections: Connection) -> Snapshot:
    return Snapshot(time_ns, time_ns, connections, {}, {}, (), 0, 0)


def test_lines_stand_in_the_order_of_time(transcript: Transcript) -> None:
    transcript.announce(12 * SECOND, "later")
    transcript.receive([event(time_ns=11 * SECOND)])
    transcript.announce(10 * SECOND, "first")
    assert [line[:8].strip() for line in transcript.lines()] == ["0.000", "1.000", "", "", "2.000"]
    assert transcript.lines() == []


def test_line_waits_for_what_may_be_under_way(transcript: Transcript) -> None:
    transcript.announce(11 * SECOND, "now")
    assert transcript.lines(11 * SECOND + LATENESS_NS - 1) == []
    assert transcript.lines(11 * SECOND + LATENESS_NS) == ["   1.000  ▶ now"]


def test_lines_of_one_moment_keep_the_order_of_arrival(transcript: Transcript) -> None:
    for message in "cab":
        transcript.announce(10 * SECOND, message)
    assert [line[-1] for line in transcript.lines()] == ["c", "a", "b"]


def test_segment_with_all_that_it_means(transcript: Transcript) -> None:
    fin = event(
        time_ns=10 * SECOND, flags=FIN | ACK, seq=15, ack=7, step=Step.FIN, analysis=("retransmission",),
        src_state=State.FIN_WAIT_1, dst_state=State.CLOSE_WAIT, note="simultaneous close",
    )  # fmt: skip
    transcript.receive([fin])
    assert transcript.lines() == [
        "   0.000    127.0.0.1:53412 → 127.0.0.1:9999 [FIN,ACK] seq 15 ack 7 len 0  "
        "1/4 FIN  retransmission  simultaneous close",
        "              The FIN again: 127.0.0.1:53412 repeats it, for no ACK of it has come.",
        "              127.0.0.1:53412 FIN-WAIT-1    127.0.0.1:9999 CLOSE-WAIT",
    ]
    assert transcript.segment_states == {"FIN-WAIT-1", "CLOSE-WAIT"}
    assert (transcript.steps, transcript.analysis) == ({"1/4 FIN"}, {"retransmission"})
    assert transcript.socket_states == set()


def test_segment_that_means_nothing_special(transcript: Transcript) -> None:
    transcript.receive([event(time_ns=10 * SECOND)])
    assert transcript.lines()[0].endswith("seq 1 ack 1 len 0")
    assert transcript.steps == set()


def test_segments_alike_are_told_in_a_sentence_once_and_each_with_its_states() -> None:
    transcript = Transcript(0)
    transcript.receive(traced(*OPENING))
    transcript.receive(replace(one, stream=1) for one in traced(*OPENING))
    shown = [line.strip() for line in transcript.lines()]
    assert sum(line.startswith("1/3: the client asks to open") for line in shown) == 1
    assert shown.count("the client CLOSED → SYN-SENT    the server LISTEN") == 2
    assert shown.count("the client SYN-SENT → ESTABLISHED    the server LISTEN → SYN-RECEIVED") == 2


def test_segment_that_was_lost_is_told_so_where_that_is_known_in_time() -> None:
    transcript = Transcript(0)
    lost = traced("> S 0:1(0)", "< S. 0:1(0) ack 1", "+100 > S 0:1(0)")
    transcript.announce(0, "A client connects.")
    transcript.receive(lost)
    assert "              the client SYN-SENT    the server LISTEN → SYN-RECEIVED" in transcript.lines()


def test_end_without_a_socket_has_no_state_but_closed() -> None:
    transcript = Transcript(0, by_hand=(53_412,))
    transcript.receive([event(time_ns=0)])
    assert transcript.lines()[-1] == "              127.0.0.1:53412 CLOSED    127.0.0.1:9999 ESTABLISHED"


def test_socket_from_its_first_state_to_its_end(transcript: Transcript) -> None:
    open_end = connection()
    closed_by_peer = connection(state=State.CLOSE_WAIT)
    for second, now in enumerate((open_end, open_end, closed_by_peer, replace(closed_by_peer, mark=Mark.GONE)), 10):
        transcript.observe(table(second * SECOND, now))
    pair = "127.0.0.1:9999 ⇄ 127.0.0.1:53412"
    assert transcript.lines() == [
        f"   0.000    socket {pair} ESTABLISHED  java/4242 fd 58",
        f"   2.000    socket {pair} ESTABLISHED → CLOSE-WAIT  java/4242 fd 58",
        f"   3.000    socket {pair} was CLOSE-WAIT, is gone",
    ]
    assert transcript.socket_states == {"ESTABLISHED", "CLOSE-WAIT"}


def test_socket_that_listens_has_one_end(transcript: Transcript) -> None:
    transcript.observe(table(10 * SECOND, LISTENER))
    assert transcript.lines() == ["   0.000    socket 127.0.0.1:9999 LISTEN  java/4242 fd 58"]


def test_socket_that_was_gone_when_first_seen(transcript: Transcript) -> None:
    transcript.observe(table(10 * SECOND, connection(mark=Mark.GONE)))
    assert transcript.lines() == []
