from collections.abc import Sequence
from dataclasses import replace

import pytest

from tcpwatch.monitor.detail import detail, mishaps_of
from tcpwatch.monitor.history import by_ends
from tcpwatch.monitor.snapshot import Connection, Mark, Snapshot
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import Wiretap
from tcpwatch.sockets.mishaps import NO_MISHAPS, EndsMishaps, MishapKind, Mishaps, ResetSent
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.timeline import OccurrenceKind
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source
from tests.builders import CLIENT, SERVER, connection, ends
from tests.diagnose.happenings import course
from tests.monitor.conversation import (
    CLIENT_ENDS,
    CLIENT_ISN,
    HALF_CLOSE,
    HANDSHAKE,
    SERVER_ENDS,
    SERVER_ISN,
    client_row,
    server_row,
)
from tests.monitor.fakes import ScriptedFrames

INFO = bytes(280)


def picture(*connections: Connection) -> Snapshot:
    return Snapshot(
        mono_ns=0,
        time_ns=0,
        connections=connections,
        by_key={found.key: found for found in connections},
        by_ends=by_ends(connections),
        sources=(),
        captured=0,
        dropped=0,
    )


def flow_of(frames: Sequence[tuple[int, int, bytes, int]], ends: bytes) -> tuple[Flow, int] | None:
    tap = Wiretap(ScriptedFrames(frames), PacketLog())
    tap.receive()
    with tap.lock:
        return tap.find(ends)


def test_detail_of_ends_that_nobody_knows_is_none() -> None:
    assert detail(SERVER_ENDS, picture(), None) is None


def test_detail_of_a_silent_socket_has_its_facts_and_no_flow() -> None:
    held = connection(row=server_row(State.CLOSE_WAIT))
    found = detail(SERVER_ENDS, picture(held), None)
    assert found is not None
    assert found.connection is held
    assert (found.flow, found.peer) == (None, None)
    assert found.problems[0].rule == "close-wait"


def test_detail_of_a_connection_that_is_gone_says_why_it_was_reset() -> None:
    gone = connection(row=server_row(State.CLOSED), past=course(State.ESTABLISHED, reset=OccurrenceKind.RESET_SENT))
    reset = ResetSent(5, SERVER_ENDS, gone.key, State.CLOSED, "TCP_ABORT_ON_CLOSE")
    told = replace(picture(gone), mishaps=Mishaps({SERVER_ENDS: EndsMishaps(reset)}))
    found = detail(SERVER_ENDS, told, None)
    assert found is not None
    assert "because the program closed it with received data still unread" in str(found.problems[0].message)
    untold = detail(SERVER_ENDS, picture(gone), None)
    assert untold is not None
    assert "because" not in str(untold.problems[0].message)


def test_mishaps_of_nobody_and_of_another_namespace_are_none() -> None:
    here, unavailable = connection(row=server_row()), dict.fromkeys(MishapKind, "needs root")
    elsewhere = connection(row=replace(server_row(), netns=Namespace(7, here=False)))
    assert mishaps_of(here, Mishaps()) == NO_MISHAPS
    assert mishaps_of(here, Mishaps(unavailable=unavailable)) is None
    assert mishaps_of(elsewhere, Mishaps()) is None


def test_detail_of_a_flow_without_a_socket_is_the_wires_view_of_both_ends() -> None:
    found = detail(CLIENT_ENDS, picture(), flow_of(HANDSHAKE, CLIENT_ENDS))
    assert found is not None
    assert found.connection is None
    assert [tcb.source for tcb in (*found.here, *found.there)] == [Source.WIRE, Source.WIRE]
    assert (found.here[0].iss, found.there[0].iss) == (CLIENT_ISN, SERVER_ISN)
    assert found.flow is not None
    assert found.flow.initiator_is_here


def test_detail_asked_from_the_other_end_is_turned_to_the_socket_of_this_host() -> None:
    held = connection(row=server_row())
    found = detail(CLIENT_ENDS, picture(held), flow_of(HANDSHAKE + HALF_CLOSE, CLIENT_ENDS))
    assert found is not None
    assert found.ends == SERVER_ENDS
    assert found.flow is not None
    assert not found.flow.initiator_is_here
    assert (found.flow.here_state, found.flow.there_state) == (State.CLOSE_WAIT, State.FIN_WAIT_2)
    assert found.flow.closed_by_here is False


def test_kernel_tcb_comes_first_and_a_captured_syn_makes_it_absolute() -> None:
    held = connection(row=replace(server_row(), info_bytes=INFO))
    relative = detail(SERVER_ENDS, picture(held), None)
    anchored = detail(SERVER_ENDS, picture(held), flow_of(HANDSHAKE, SERVER_ENDS))
    assert relative is not None
    assert anchored is not None
    assert [tcb.source for tcb in relative.here] == [Source.RELATIVE]
    assert [tcb.source for tcb in anchored.here] == [Source.DERIVED, Source.WIRE]
    assert anchored.here[0].iss == SERVER_ISN


def test_peer_on_this_host_is_shown_with_its_own_tcb() -> None:
    here = connection(row=server_row(), peer=2)
    there = connection(row=client_row(), peer=1)
    found = detail(SERVER_ENDS, picture(here, there), None)
    assert found is not None
    assert found.peer is there


def test_key_chooses_between_sockets_of_the_same_ends() -> None:
    old = connection(row=server_row(State.TIME_WAIT), mark=Mark.GONE)
    new = connection(row=replace(server_row(), cookie=3))
    both = picture(old, new)
    by_default, by_key = detail(SERVER_ENDS, both, None), detail(SERVER_ENDS, both, None, key=1)
    assert by_default is not None
    assert by_key is not None
    assert (by_default.connection, by_key.connection) == (new, old)


BLUE = Namespace(2, "blue")
LOOPBACK_ENDS = ends(SERVER, CLIENT)


@pytest.mark.parametrize(
    ("netns", "ends", "has_flow"),
    [
        (None, LOOPBACK_ENDS, True),
        (Namespace(1, here=True), LOOPBACK_ENDS, True),
        (BLUE, LOOPBACK_ENDS, False),
        (BLUE, SERVER_ENDS, True),  # its segments pass here on their way
    ],
)
def test_segments_of_our_loopback_are_not_another_s(netns: Namespace | None, ends: bytes, has_flow: bool) -> None:
    there = connection(row=replace(server_row(), ends=ends, netns=netns))
    found = detail(ends, picture(there), flow_of(HANDSHAKE, SERVER_ENDS))
    assert found is not None
    assert (found.flow is not None) is has_flow
