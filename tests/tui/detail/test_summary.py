"""A connection's situation in sentences."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.monitor.snapshot import Connection, Detail
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import Backlog, NoOwner, Timer, TimerKind
from tcpwatch.tcp.handshake import Opened
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.sentence import Sentence
from tcpwatch.tui.detail.summary import story
from tests.tui.canned import MONO_NS, connection, details, server_end


def by_label(one: Connection | None, **facts: object) -> dict[str, str]:
    detail = Detail(server_end(1), one, None, (), (), None, None, None, ())
    return {sentence.about: sentence.words() for sentence in story(replace(detail, **facts), MONO_NS)}  # type: ignore[arg-type]


def in_state(state: State, **facts: object) -> dict[str, str]:
    return by_label(connection(1, server_end(1), state, 5, "java", 4242, 57, **facts))


@pytest.mark.parametrize(
    ("recv_q", "beginning"),
    [
        (0, "nothing: the program has read the end of the stream"),
        (1, "0 bytes + FIN: the program has not read"),
        (2, "1 byte + FIN"),
        (501, "500 bytes + FIN"),
    ],
)
def test_unread_in_close_wait(recv_q: int, beginning: str) -> None:
    assert in_state(State.CLOSE_WAIT, recv_q=recv_q)["unread"].startswith(beginning)


def test_unread_elsewhere_names_who_must_read() -> None:
    assert in_state(State.ESTABLISHED, recv_q=9)["unread"] == "9 bytes for java/4242 fd 57 to read"
    assert "unread" not in in_state(State.ESTABLISHED, recv_q=0)
    assert "unread" not in in_state(State.ESTABLISHED, recv_q=None)


def test_listener_tells_its_queues() -> None:
    assert in_state(State.LISTEN, backlog=Backlog(3, 128))["accept"].endswith("3 of 128 waiting for accept()")


@pytest.mark.parametrize(
    ("state", "who"),
    [
        (State.FIN_WAIT_2, "this end"),
        (State.TIME_WAIT, "this end"),
        (State.CLOSE_WAIT, "the peer"),
        (State.LAST_ACK, "the peer"),
        (State.CLOSING, "both ends"),
    ],
)
def test_state_tells_who_closed_first(state: State, who: str) -> None:
    assert in_state(state)["course"].startswith(f"closed first by {who}".replace("first by both", "by both"))


def test_open_connection_was_not_closed() -> None:
    assert "course" not in in_state(State.ESTABLISHED)


def test_wire_knows_better_who_closed_first() -> None:
    detail = details()[server_end(53420)]
    assert detail.flow is not None
    flow = replace(detail.flow, closed_by_here=True, closed="four-way", analysis={"duplicate_ack": 2})
    course = by_label(detail.connection, flow=flow)["course"]
    assert course == (
        "closed first by this end (four-way) · opened by the peer (handshake in 52 µs) · "
        "segments 3 out, 4 in · duplicate ack 2"
    )


def test_no_segment_seen_is_said() -> None:
    detail = details()[server_end(53420)]
    assert "no segment seen" in by_label(detail.connection, here=detail.here)["course"]


def test_opening_that_was_not_seen_names_nobody() -> None:
    detail = details()[server_end(53420)]
    assert detail.flow is not None
    course = by_label(None, flow=replace(detail.flow, opened=Opened.MIDSTREAM, closed_by_here=None))["course"]
    assert course.startswith("opening not seen · segments")


def test_what_to_do_stands_behind_the_problems() -> None:
    detail = details()[server_end(53420)]
    assert [sentence.about for sentence in story(detail, MONO_NS)] == ["⚠", "do", "unread", "timer", "course"]


def test_timer_is_told_with_what_sets_it() -> None:
    by_label = in_state(State.TIME_WAIT, timer=Timer(TimerKind.TIME_WAIT, 43_000, 0, MONO_NS))
    assert (by_label["timer"], by_label["set by"][:4]) == ("2MSL: this socket is gone in 43s", "60 s")
    assert "set by" not in in_state(State.CLOSE_WAIT)


def test_problems_come_with_what_to_do_told_once() -> None:
    problem = Problem(Severity.NOTE, "Nothing moves.", (), ("wait", "close"), "idle")
    detail = Detail(server_end(1), None, None, (), (), None, None, None, (problem, problem))
    assert [sentence._replace(message=sentence.words()) for sentence in story(detail, MONO_NS)] == [
        *[Sentence("!", "Nothing moves.", "caution")] * 2,
        Sentence("do", "wait  ·  close", "strong"),
    ]


def test_disagreement_of_kernel_and_wire_leads_the_story() -> None:
    wrong = Problem(Severity.WARN, "Something was dropped.", (), ("tc -s qdisc show",), "sent-unseen")
    note = Problem(Severity.NOTE, "Something is unread.", rule="unread-since-fin")
    one = connection(1, server_end(1), State.ESTABLISHED, 5)
    detail = Detail(server_end(1), one, None, (), (), None, None, None, (), disagreements=(wrong, note))
    first, *others = story(detail, MONO_NS)
    assert (first.about, first.words()) == ("⚠", "Something was dropped.")
    assert any("tc -s qdisc show" in sentence.words() for sentence in others)
    assert not any("unread" in sentence.words() for sentence in others)  # the line `unread` tells it


def test_namespaces_are_told_where_one_is_not_ours() -> None:
    ours, blue = Namespace(5, here=True), Namespace(6, "blue", "docker/3f2a", "nginx/80")
    here = connection(1, server_end(1), State.ESTABLISHED, 5, netns=ours)
    there = connection(2, server_end(2), State.ESTABLISHED, 5, netns=blue)
    assert by_label(here, peer=there)["netns"] == "this end: 5, here · its peer: 6, blue, docker/3f2a, nginx/80"
    assert by_label(there)["netns"] == "this end: 6, blue, docker/3f2a, nginx/80"
    assert "netns" not in by_label(here, peer=here)
    assert "netns" not in by_label(None)


@pytest.mark.parametrize("state", [State.CLOSING, State.LAST_ACK])
def test_fin_of_the_peer_is_no_byte_to_read(state: State) -> None:
    assert "unread" not in in_state(state, recv_q=1)
    assert in_state(state, recv_q=3)["unread"].startswith("2 bytes for")


def test_reader_of_a_connection_that_is_not_accepted_is_told_in_words() -> None:
    queued = replace(connection(1, server_end(1), State.ESTABLISHED, 5, "java", 4242, 57, recv_q=18), owners=())
    unread = by_label(replace(queued, no_owner=NoOwner.NOT_ACCEPTED))["unread"]
    assert unread == "18 bytes: the program has not accepted the connection yet"


@pytest.mark.parametrize("why", [NoOwner.NOT_FOUND, NoOwner.HIDDEN])
def test_socket_that_no_table_shows_may_be_held_elsewhere(why: NoOwner) -> None:
    nobody = replace(connection(1, server_end(1), State.ESTABLISHED, 5), owners=(), no_owner=why)
    assert "SCM_RIGHTS" in by_label(nobody)["owner"]
    assert "owner" not in by_label(replace(nobody, no_owner=NoOwner.KERNEL))
