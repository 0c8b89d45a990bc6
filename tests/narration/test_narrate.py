"""What is said of each segment, read as wire traces."""

from string import Formatter

import pytest

from tcpwatch.narration.narrate import doubt, narrate
from tcpwatch.narration.sentences import MEANS, SENTENCES
from tcpwatch.tcp.state import State
from tests.narration.traces import OPENING, described, moves, segments_of


def test_handshake_says_what_each_segment_does_to_both_ends() -> None:
    syn, syn_ack, ack = described(*OPENING)
    assert syn.message.startswith("1/3: the client asks to open: SYN, ISN 1\N{NO-BREAK SPACE}000.")
    assert moves(syn) == ["client sends CLOSED → SYN-SENT", "server receives LISTEN"]
    assert syn_ack.message.startswith(
        "2/3: the server answers SYN-ACK: ISN 5\N{NO-BREAK SPACE}000, and ack 1\N{NO-BREAK SPACE}001 is"
    )
    assert moves(syn_ack) == ["client receives SYN-SENT → ESTABLISHED", "server sends LISTEN → SYN-RECEIVED"]
    assert ack.message.startswith("3/3: the client acknowledges the server's SYN: ack 5\N{NO-BREAK SPACE}001 is")
    assert moves(ack) == ["client sends ESTABLISHED", "server receives SYN-RECEIVED → ESTABLISHED"]
    assert [move.means for move in ack.moves] == ["no change of state", MEANS[State.ESTABLISHED]]


def test_close_says_what_each_segment_does_to_both_ends() -> None:
    *_, fin, ack, peer_fin, last = described(
        *OPENING, "> F. 1:2(0) ack 1", "< . 1:1(0) ack 2", "< F. 1:2(0) ack 2", "> . 2:2(0) ack 2"
    )
    assert fin.message == "1/4: the client has no more to send: FIN, number 1. It can still receive."
    assert moves(fin) == ["client sends ESTABLISHED → FIN-WAIT-1", "server receives ESTABLISHED → CLOSE-WAIT"]
    assert "ack 2 is one past it. Its own direction is still open" in ack.message
    assert moves(ack) == ["client receives FIN-WAIT-1 → FIN-WAIT-2", "server sends CLOSE-WAIT"]
    assert peer_fin.message == "3/4: the server closes too: FIN, number 1."
    assert moves(peer_fin) == ["client receives FIN-WAIT-2 → TIME-WAIT", "server sends CLOSE-WAIT → LAST-ACK"]
    assert last.message.startswith("4/4: the client acknowledges the last FIN")
    assert moves(last) == ["client sends TIME-WAIT", "server receives LAST-ACK → CLOSED"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((*OPENING, "> P. 1:15(14) ack 1"), "The client sends 14 bytes, 1 to 14."),
        ((*OPENING, "> P. 1:15(14) ack 1", "< . 1:1(0) ack 15"), "The server acknowledges all before 15"),
        ((*OPENING, "> F. 1:2(0) ack 1", "< F. 1:2(0) ack 2"), "2+3/4: the server acknowledges the FIN and sends"),
        ((*OPENING, "> F. 1:2(0) ack 1", "< F. 1:2(0) ack 1"), "1/4: the server closes as well, before"),
        (
            (*OPENING, "> F. 1:2(0) ack 1", "< F. 1:2(0) ack 1", "> . 2:2(0) ack 2"),
            "2/4: the client acknowledges the FIN: ack 2 is one past it.",
        ),
        ((*OPENING, "> F. 1:2(0) ack 1", "+300 > F. 1:2(0) ack 1"), "The FIN again: the client repeats it"),
        (("> S 0:1(0)", "< R. 0:0(0) ack 1"), "RST: the server refuses."),
        ((*OPENING, "< R. 1:1(0) ack 1"), "RST: the server breaks off."),
        ((*OPENING[:2], "> R 1:1(0)"), "RST: the client never asked for this connection, and the server forgets it."),
        ((*OPENING, "< R 900000:900000(0)"), "RST: the client ignores it"),
        (
            (*OPENING, "> F. 1:2(0) ack 1", "< . 1:1(0) ack 2", "< P. 1:8(7) ack 2", "> R 2:2(0)"),
            "RST: the client knows of no such connection any more",
        ),
        (
            (*OPENING, "> P. 1:2(1) ack 1", "< . 1:1(0) ack 2", "> . 1:1(0) ack 1", "> R. 2:2(0) ack 1"),
            "RST: the client gives",
        ),
        ((*OPENING[:2], "+1000 > S 0:1(0)", "< S. 0:1(0) ack 1"), "2/3: the server answers the SYN that came again"),
        ((*OPENING, "< R. 1:1(0) ack 1", "< R. 1:1(0) ack 1"), "RST: the server says once more"),
        (("> S 0:1(0)", "< S. 0:1(0) ack -7", "> R -7:-7(0)"), "RST: the client rejects what came"),
        (("> S 0:1(0)", "< S. 0:1(0) ack -7"), "2/3: the server answers SYN-ACK, but acknowledges another"),
        (("> S 0:1(0)", "< S 0:1(0)"), "1/3: 127.0.0.1:9999 asks to open as well"),
        (("> S 0:1(0)", "< . 700:700(0) ack 900"), "The server challenges what came by an ACK"),
        ((*OPENING, "> P. 1:15(14) ack 1", "+300 > P. 1:15(14) ack 1"), "The client repeats 14 bytes from 1: no ACK"),
        ((*OPENING, "> P. 15:29(14) ack 1"), "The client sends 14 bytes from 15; what lies before"),
        (
            (*OPENING, "> P. 15:29(14) ack 1", "> P. 1:15(14) ack 1"),
            "The client sends 14 bytes from 1, which come out of order.",
        ),
        ((*OPENING, "< . 1:1(0) ack 1 win 0"), "The server has no room left: window 0, and the client must wait."),
        (
            (*OPENING, "< . 1:1(0) ack 1 win 0", "< . 1:1(0) ack 1 win 512"),
            "The server tells its window anew: 512 bytes.",
        ),
        (
            (*OPENING, "> P. 1:15(14) ack 1", "< . 1:1(0) ack 15", "> . 14:14(0) ack 1"),
            "The client asks with an old number",
        ),
    ],
)
def test_sentence_of_the_last_segment(lines: tuple[str, ...], message: str) -> None:
    assert described(*lines)[-1].message.startswith(message)


def test_syn_again_proves_that_its_sender_has_no_answer() -> None:
    again = described("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)")[-1]
    assert again.message == "1/3 again: the client repeats its SYN, for no answer has reached it."
    assert moves(again) == ["client sends SYN-SENT", "server receives SYN-RECEIVED"]


def test_syn_ack_again_proves_that_its_sender_is_half_open() -> None:
    again = described(*OPENING, "+1000 < S. 0:1(0) ack 1")[-1]
    assert moves(again)[1] == "server sends SYN-RECEIVED"


def test_lost_segment_leaves_its_receiver_where_it_was() -> None:
    lost = narrate(segments_of(*OPENING)[1].not_received_by(0, State.SYN_SENT), str)
    assert moves(lost) == ["client misses SYN-SENT", "server sends LISTEN → SYN-RECEIVED"]
    assert lost.moves[0].means == "it does not arrive, or too late"


def test_end_without_a_socket_is_told_as_such() -> None:
    moved = narrate(segments_of(*OPENING)[0]._replace(by_hand=0), str).moves
    assert [move.means for move in moved] == [
        "no socket, made by hand",
        "answers next, if a program listens and has room",
    ]
    moved = narrate(segments_of(*OPENING)[1]._replace(by_hand=0), str).moves
    assert moved[0].means == "no socket, made by hand"


def test_closed_end_keeps_nothing_whatever_comes() -> None:
    nobody = narrate(segments_of(*OPENING)[0].staying_in(1, State.CLOSED), str)
    assert nobody.moves[1].means == MEANS[State.CLOSED]


def test_refusal_has_no_listener() -> None:
    refusal = described("> S 0:1(0)", "< R. 0:0(0) ack 1")[-1]
    assert moves(refusal) == ["client receives SYN-SENT → CLOSED", "server sends CLOSED"]


def test_ends_from_the_middle_go_by_their_ports() -> None:
    first, second = described("> P. 1:15(14) ack 1", "< . 1:1(0) ack 15")
    assert first.message == "127.0.0.1:53412 sends 14 bytes, 1 to 14."
    assert moves(second) == ["127.0.0.1:53412 receives ESTABLISHED", "127.0.0.1:9999 sends ESTABLISHED"]


def test_doubt_where_the_kernel_has_the_receiver_as_before() -> None:
    syn_ack = segments_of(*OPENING)[1]
    message = "But the kernel still has the client in SYN-SENT: this has not arrived there."
    assert doubt(syn_ack, (State.SYN_SENT, State.SYN_RECEIVED), str) == message
    assert doubt(syn_ack, (State.ESTABLISHED, State.SYN_RECEIVED), str) is None
    assert doubt(syn_ack, (None, State.SYN_RECEIVED), str) is None


def test_no_doubt_where_nothing_would_have_moved() -> None:
    *_, data = segments_of(*OPENING, "> P. 1:15(14) ack 1")
    assert doubt(data, (State.ESTABLISHED, State.ESTABLISHED), str) is None


def test_every_sentence_can_be_filled_in() -> None:
    syn = segments_of(*OPENING)[0]
    filled = {name for _, name, _, _ in Formatter().parse(narrate(syn, lambda text: text.replace("{isn}", "")).message)}
    assert filled == {None}
    for rule in SENTENCES:
        assert narrate(syn, lambda _, message=rule.message: message).message


def test_every_state_has_a_meaning() -> None:
    assert MEANS.keys() == set(State)
