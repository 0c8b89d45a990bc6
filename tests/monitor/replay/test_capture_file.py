"""A capture file as the dashboard sees it: a picture for every place of the playhead."""

import pytest

from tcpwatch.errors import CaptureFileError, UsageError
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.monitor.snapshot import Mark, Snapshot
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, SYN, reversed_ends
from tests.monitor.conversation import CLIENT_ENDS, CLIENT_ISN, HANDSHAKE, MS, SERVER_ENDS, SERVER_ISN, to_server
from tests.monitor.replaying import CONVERSATION, Clock, recorded


def states(snapshot: Snapshot) -> tuple[str, str]:
    """The client's state and the server's; those of rows that are gone in brackets."""
    found = {c.row.ends: f"({c.row.state})" if c.mark is Mark.GONE else str(c.row.state) for c in snapshot.connections}
    return found.get(CLIENT_ENDS, "-"), found.get(SERVER_ENDS, "-")


def at(file: Recorded, position: int) -> Snapshot:
    file.playhead.seek(position)
    return file.snapshot()


COURSE = [
    ("-", "-"),
    ("SYN-SENT", "-"),
    ("ESTABLISHED", "SYN-RECEIVED"),
    ("ESTABLISHED", "ESTABLISHED"),
    ("FIN-WAIT-1", "CLOSE-WAIT"),
    ("FIN-WAIT-2", "CLOSE-WAIT"),
    ("TIME-WAIT", "LAST-ACK"),
    ("TIME-WAIT", "(LAST-ACK)"),
]


def test_states_of_both_ends_at_each_position() -> None:
    file = recorded(*CONVERSATION)
    assert [states(at(file, position)) for position in range(8)] == COURSE


def test_going_back_gives_the_same_pictures_as_coming_first() -> None:
    coming, going = recorded(*CONVERSATION), recorded(*CONVERSATION)
    first = [(at(coming, position), coming.detail(CLIENT_ENDS)) for position in range(8)]
    back = [(at(going, position), going.detail(CLIENT_ENDS)) for position in reversed(range(8))]
    assert first == back[::-1]


def test_picture_stays_the_same_object_until_the_playhead_moves() -> None:
    clock = Clock()
    file = recorded(*CONVERSATION, clock=clock)
    first = file.snapshot()
    clock.advance(1000)
    assert file.snapshot() is first
    file.playhead.step(-1)
    assert file.snapshot() is not first


def test_picture_says_that_it_is_from_a_file() -> None:
    snapshot = at(recorded(*CONVERSATION), 3)
    client = snapshot.by_ends[CLIENT_ENDS]
    assert (client.no_owner, client.row.uid, client.row.recv_q, client.row.timer) == (NoOwner.FILE, None, None, None)
    assert snapshot.by_key[client.key] is client
    assert (snapshot.captured, snapshot.dropped) == (7, 0)
    assert [source.working for source in snapshot.sources] == [True]


def test_picture_has_the_time_of_the_file() -> None:
    snapshot = at(recorded(*CONVERSATION), 4)
    assert (snapshot.mono_ns, snapshot.time_ns) == (5 * MS, 5 * MS)


def test_moment_now_is_that_of_the_picture() -> None:
    clock = Clock()
    file = recorded(*CONVERSATION, clock=clock)
    picture = file.snapshot()
    clock.advance(1_000)
    assert file.now_ns() == picture.mono_ns


def test_playing_moves_rows_and_packets_together() -> None:
    clock = Clock()
    file = recorded(*CONVERSATION, clock=clock)
    file.playhead.toggle()
    clock.advance(5.5)
    assert states(file.snapshot()) == COURSE[4]
    assert file.packets.end == 4


def test_packets_end_at_the_playhead() -> None:
    file = recorded(*CONVERSATION)
    file.playhead.seek(2)
    assert (file.packets.first, file.packets.end) == (0, 2)
    assert file.packets.slice(1) == (1, file.events[1:2])
    assert file.packets.slice(0, 5) == (0, file.events[:2])


def test_detail_has_the_tcbs_of_that_moment() -> None:
    file = recorded(*CONVERSATION)
    file.playhead.seek(2)
    told = file.detail(CLIENT_ENDS)
    assert told is not None
    assert told.flow is not None
    assert (told.here[0].iss, told.here[0].snd_una, told.here[0].irs) == (CLIENT_ISN, CLIENT_ISN + 1, SERVER_ISN)
    assert told.there[0].snd_nxt == SERVER_ISN + 1
    assert (told.flow.segs, told.flow.closed) == ((1, 1), None)
    file.playhead.seek(7)
    told = file.detail(SERVER_ENDS)
    assert told is not None
    assert told.flow is not None
    assert (told.here[0].iss, told.here[0].snd_una) == (SERVER_ISN, SERVER_ISN + 2)
    assert (told.flow.closed, told.flow.closed_by_here, told.flow.initiator_is_here) == ("four-way", False, False)


def test_detail_shows_both_ends_and_a_closed_one_too() -> None:
    file = recorded(*CONVERSATION)
    told = file.detail(SERVER_ENDS)
    assert told is not None
    assert told.connection is not None
    assert told.peer is not None
    assert (told.connection.row.state, told.peer.row.state) == (State.CLOSED, State.TIME_WAIT)


def test_detail_of_an_end_that_still_listens_has_no_connection() -> None:
    file = recorded(*CONVERSATION)
    file.playhead.seek(1)
    told = file.detail(CLIENT_ENDS)
    assert told is not None
    assert told.connection is not None
    assert (told.connection.row.state, told.peer) == (State.SYN_SENT, None)


def test_detail_finds_but_tells_nobody_to_do_anything() -> None:
    file = recorded(*CONVERSATION)
    file.playhead.seek(5)
    told = file.detail(SERVER_ENDS)
    assert told is not None
    assert [problem.rule for problem in told.problems] == ["close-wait"]
    assert [problem.next_steps for problem in told.problems] == [()]


def test_detail_of_what_has_not_begun_is_none() -> None:
    file = recorded(*CONVERSATION)
    file.playhead.seek(0)
    assert file.detail(CLIENT_ENDS) is None
    assert file.detail(b"nobody's ends") is None


AGAIN = 5_000
REUSE = (*CONVERSATION, to_server(20 * MS, SYN, AGAIN), to_server(21 * MS, SYN, AGAIN))


def test_four_tuple_that_is_used_again_is_another_connection() -> None:
    file = recorded(*REUSE)
    assert [c.key for c in at(file, 7).connections] == [0, 1]
    assert [(c.key, c.row.state) for c in at(file, 8).connections] == [(2, State.SYN_SENT)]
    told = file.detail(reversed_ends(CLIENT_ENDS), key=0)
    assert told is not None
    assert told.flow is not None
    assert told.flow.stream == 1
    assert told.flow.analysis == {"reused_ports": 1}
    file.playhead.seek(7)
    told = file.detail(CLIENT_ENDS, key=2)
    assert told is not None
    assert told.flow is not None
    assert told.flow.stream == 0


def test_segments_past_the_limit_are_counted() -> None:
    file = recorded(*CONVERSATION, limit=4)
    assert (file.playhead.end, file.beyond) == (4, 3)
    assert (file.snapshot().captured, file.snapshot().dropped) == (4, 3)
    assert states(file.snapshot()) == COURSE[4]


def test_damaged_file_shows_what_came_before_and_says_so() -> None:
    damage = CaptureFileError("record 6 at byte 99 claims too much")
    file = recorded(*CONVERSATION[:5], damage=damage)
    assert file.damage is damage
    assert states(file.snapshot()) == COURSE[5]
    assert [source.message for source in file.snapshot().sources if not source.working] == [f"damaged: {damage}"]


def test_file_that_is_damaged_from_the_start_is_refused() -> None:
    with pytest.raises(CaptureFileError, match="not a capture file"):
        recorded(damage=CaptureFileError("not a capture file"))


def test_file_without_a_segment_is_refused() -> None:
    with pytest.raises(UsageError, match=r"talk\.pcapng holds no TCP segment"):
        recorded()


def test_two_connections_are_told_apart() -> None:
    other = to_server(3 * MS, ACK, 1, 1)
    swapped = (other[0], other[1], other[2].replace((40_000).to_bytes(2), (40_001).to_bytes(2)), other[3])
    file = recorded(*HANDSHAKE, swapped)
    assert sorted(c.key for c in file.snapshot().connections) == [0, 1, 2, 3]
    assert [c.peer for c in file.snapshot().connections] == [1, 0, 3, 2]
