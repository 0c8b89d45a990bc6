"""Kernel and wire beside each other: what each rule sees, and what it leaves alone."""

from dataclasses import replace
from typing import Any

import pytest

from tcpwatch.diagnose.problem import Severity
from tcpwatch.diagnose.rules.kernel_vs_wire import BothViews, disagreement
from tcpwatch.sockets.row import Backlog
from tcpwatch.sockets.timeline import Interval, Precision, Timeline
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tests.builders import row
from tests.diagnose.kernel_record import Record

S = 1_000_000_000
NOW_NS = 100 * S


def tcb(source: Source, **facts: int | None) -> Tcb:
    numbers: dict[str, Any] = {"iss": 1000, "irs": 5000, "snd_una": 1010, "snd_nxt": 1010, "rcv_nxt": 5020}
    return Tcb(source, **(numbers | facts))


def views(
    kernel_state: State = State.ESTABLISHED,
    wire_state: State = State.ESTABLISHED,
    kernel: Tcb | None = None,
    wire: Tcb | None = None,
    cause: str = "",
    **facts: Any,
) -> BothViews:
    recv_q = facts.pop("recv_q", 0)
    values: dict[str, Any] = {
        "whose": "this end",
        "row": row(state=kernel_state, recv_q=recv_q),
        "kernel": kernel or tcb(Source.KERNEL),
        "wire": wire or tcb(Source.WIRE),
        "state": wire_state,
        "timeline": Timeline((Interval(wire_state, NOW_NS - 42 * S, Precision.WIRE, (), cause),)),
        "now_ns": NOW_NS,
        "sent": True,
        "offered": 5020,
        "lossless": True,
    }
    return BothViews(**(values | facts))


def rule(seen: BothViews) -> str | None:
    found = disagreement(seen)
    return None if found is None else found.rule


def message(seen: BothViews) -> str:
    found = disagreement(seen)
    assert found is not None
    return str(found.message)


def test_agreement() -> None:
    assert rule(views()) is None


def test_fin_that_the_socket_has_not_taken() -> None:
    text = message(views(State.ESTABLISHED, State.CLOSE_WAIT))
    assert text.startswith("The other end's FIN passed 42s ago, and the socket of this end is still ESTABLISHED")


@pytest.mark.parametrize(
    ("kernel", "wire", "segment"),
    [
        (State.SYN_SENT, State.ESTABLISHED, "The SYN-ACK"),
        (State.SYN_RECEIVED, State.ESTABLISHED, "The ACK that completes the handshake"),
        (State.FIN_WAIT_2, State.TIME_WAIT, "The other end's FIN"),
        (State.LAST_ACK, State.CLOSED, "The ACK of its FIN"),
        (State.FIN_WAIT_1, State.FIN_WAIT_2, "The ACK of its FIN"),
    ],
)
def test_segment_that_the_socket_has_not_taken(kernel: State, wire: State, segment: str) -> None:
    assert message(views(kernel, wire)).startswith(segment + " passed 42s ago")


@pytest.mark.parametrize(
    ("kernel", "wire"),
    [
        (State.CLOSE_WAIT, State.ESTABLISHED),  # the FIN passed before the capture began
        (State.TIME_WAIT, State.TIME_WAIT),
        (State.FIN_WAIT_1, State.ESTABLISHED),
        (State.TIME_WAIT, State.CLOSED),
    ],
)
def test_wire_that_knows_less_is_no_disagreement(kernel: State, wire: State) -> None:
    assert rule(views(kernel, wire)) is None


def test_reset_that_the_socket_has_not_taken() -> None:
    seen = views(State.ESTABLISHED, State.CLOSED, cause="←RST · aborted")
    assert rule(seen) == "rst-not-taken"
    assert "passed 42s ago" in message(seen)


def test_socket_that_is_gone_without_a_word() -> None:
    assert rule(views(State.CLOSED, State.ESTABLISHED)) == "gone-unseen"
    assert rule(views(State.CLOSED, State.ESTABLISHED, lossless=False)) is None
    assert rule(views(State.CLOSED, State.FIN_WAIT_2)) is None  # an orphan is given up


def test_bytes_sent_that_did_not_come_by() -> None:
    ahead = tcb(Source.KERNEL, snd_nxt=1030)
    assert message(views(kernel=ahead)).startswith("TCP has sent 20 numbers more of this end")
    assert rule(views(kernel=ahead, lossless=False)) is None
    assert rule(views(kernel=ahead, sent=False)) is None


def test_bytes_that_were_acknowledged_have_come_by_somewhere() -> None:
    assert (
        rule(views(kernel=tcb(Source.KERNEL, snd_una=1030, snd_nxt=1030), wire=tcb(Source.WIRE, snd_una=1030))) is None
    )


def test_bytes_that_have_passed_and_were_not_taken() -> None:
    assert message(views(offered=5050)).startswith("The socket of this end has not taken 30 numbers that passed")


def test_ack_that_has_passed_and_was_not_taken() -> None:
    wire = tcb(Source.WIRE, snd_una=1040, snd_nxt=1040)
    assert rule(views(kernel=tcb(Source.KERNEL, snd_nxt=1040), wire=wire)) == "ack-untaken"


def test_numbers_across_the_wrap_are_compared() -> None:
    kernel, wire = tcb(Source.KERNEL, rcv_nxt=0xFFFF_FFF0), tcb(Source.WIRE)
    assert message(views(kernel=kernel, wire=wire, offered=4)).startswith(
        "The socket of this end has not taken 20 numbers"
    )


@pytest.mark.parametrize("kernel_state", [State.CLOSED, State.TIME_WAIT])
def test_numbers_of_a_socket_that_is_done_mean_nothing(kernel_state: State) -> None:
    assert rule(views(kernel_state, State.TIME_WAIT, offered=5050)) is None


def test_numbers_from_another_origin_are_not_compared() -> None:
    assert rule(views(kernel=tcb(Source.RELATIVE), offered=5050)) is None


def test_fin_that_the_program_has_not_read() -> None:
    seen = views(State.CLOSE_WAIT, State.CLOSE_WAIT, recv_q=501)
    found = disagreement(seen)
    assert found is not None
    assert (found.rule, found.severity) == ("unread-since-fin", Severity.NOTE)
    assert "passed 42s ago, and unread at this end are 500 bytes + FIN" in str(found.message)
    assert rule(views(State.CLOSE_WAIT, State.CLOSE_WAIT)) is None


def test_disagreement_rests_on_what_the_wire_showed_of_this_end() -> None:
    here, peer = views(offered=5050), views(offered=5050, whose="the peer")
    rests = [found.rests_on for found in map(disagreement, (here, peer)) if found]
    assert rests == [("this end", 5050), ("the peer", 5050)]


NO_SYN = {"iss": None, "irs": None}


def test_numbers_that_were_sent_before_the_capture_began_are_no_loss() -> None:
    stuck = {"kernel": tcb(Source.KERNEL, snd_nxt=12_010), "wire": tcb(Source.WIRE, snd_nxt=2_010, **NO_SYN)}
    assert rule(views(**stuck)) is None
    assert rule(views(**stuck, sent_before=12_010)) is None
    assert "10 numbers more" in message(views(**stuck, sent_before=12_000))


def test_numbers_of_a_connection_whose_syn_was_seen_all_passed_since() -> None:
    assert "10,000 numbers more" in message(
        views(kernel=tcb(Source.KERNEL, snd_nxt=12_010), wire=tcb(Source.WIRE, snd_nxt=2_010), sent_before=12_010)
    )


def handshake_done(acked: int | None, defers: int, backlog: Backlog | None = None) -> BothViews:
    listener = row(state=State.LISTEN, record=Record({"rskq_defer_accept": defers}, None), backlog=backlog)
    seen = views(State.SYN_RECEIVED, State.ESTABLISHED, listener=listener)
    record = Record({"acked": acked}, None) if acked is not None else None
    return replace(seen, row=replace(seen.row, record=record))


def test_ack_that_the_listener_defers_is_no_disagreement() -> None:
    assert rule(handshake_done(1, 3)) is None


@pytest.mark.parametrize(
    ("acked", "defers", "backlog", "why"),
    [
        (1, 0, Backlog(9, 8), "the listener's accept queue is full."),
        (0, 3, Backlog(0, 8), "it did not reach TCP."),
        (None, 3, Backlog(0, 8), "it waits for data first (TCP_DEFER_ACCEPT), or it did not reach TCP."),
        (None, 0, None, "the listener's accept queue is full, or it did not reach TCP."),
    ],
)
def test_ack_that_does_not_open(acked: int | None, defers: int, backlog: Backlog | None, why: str) -> None:
    assert message(handshake_done(acked, defers, backlog)).endswith(f"SYN-RECEIVED: {why}")
