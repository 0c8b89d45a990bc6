import time
from dataclasses import replace

import pytest

from tcpwatch.kernel.events import RawEvent, SocketEvent
from tcpwatch.kernel.mishaps import NO_READING, MishapReading, NoMishaps
from tcpwatch.kernel.proc.owners import OwnerIndex
from tcpwatch.kernel.sock_diag.attributes import INET_DIAG_CGROUP_ID, Attributes
from tcpwatch.kernel.source import KernelSources
from tcpwatch.monitor.live import EVENTS_S, Monitor
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import NoWiretap, Wiretap
from tcpwatch.sockets.counters import Rise, Stack
from tcpwatch.sockets.mishaps import Cause, MishapKind, ResetSent
from tcpwatch.sockets.row import Backlog, SocketRow
from tcpwatch.sockets.timeline import OccurrenceKind
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, RST, SYN
from tests.builders import SERVER, ends, event, row
from tests.kernel.records import attribute
from tests.monitor.conversation import HANDSHAKE, SERVER_ENDS, client_row, server_row, to_client, to_server
from tests.monitor.fakes import ScriptedFrames, ScriptedNumbers, ScriptedSockets

NO_TAP = NoWiretap(SourceStatus("packets", False, "capturing needs CAP_NET_RAW", "sudo tcpwatch"))


def monitor_of(sockets: ScriptedSockets, tap: Wiretap | NoWiretap = NO_TAP) -> Monitor:
    return Monitor(KernelSources(sockets, OwnerIndex(), None), PacketLog(), tap, interval_s=60)


def states(monitor: Monitor) -> list[State]:
    return [connection.row.state for connection in monitor.snapshot().connections]


def test_refresh_publishes_the_rows_of_the_dump() -> None:
    monitor = monitor_of(ScriptedSockets([server_row(), client_row()]))
    assert states(monitor) == []
    monitor.refresh()
    snapshot = monitor.snapshot()
    assert len(snapshot.connections) == 2
    assert snapshot.by_key[1] is snapshot.by_ends[SERVER_ENDS]
    assert snapshot.by_key[1].peer == 2


def test_snapshot_is_the_same_object_until_there_is_a_newer_one() -> None:
    monitor = monitor_of(ScriptedSockets([server_row()]))
    monitor.refresh()
    assert monitor.snapshot() is monitor.snapshot()


def test_moment_now_is_on_the_clock_of_the_picture() -> None:
    monitor = monitor_of(ScriptedSockets([]))
    monitor.refresh()
    assert monitor.snapshot().mono_ns <= monitor.now_ns() <= time.monotonic_ns()


def test_detail_names_the_control_group() -> None:
    """One that no host has a directory for."""
    attributes = Attributes(attribute(INET_DIAG_CGROUP_ID, (0xABC << 50).to_bytes(8, "little")))
    monitor = monitor_of(ScriptedSockets([replace(server_row(), attributes=attributes), client_row()]))
    monitor.refresh()
    server, client = (monitor.detail(connection.row.ends) for connection in monitor.snapshot().connections)
    assert server is not None
    assert client is not None
    assert (server.cgroup, client.cgroup) == ("unreachable:2af0000000000000", None)


def test_dump_that_fails_keeps_the_last_rows_and_says_so() -> None:
    monitor = monitor_of(ScriptedSockets([server_row()], None))
    monitor.refresh()
    monitor.refresh()
    [kernel, _] = monitor.snapshot().sources
    assert states(monitor) == [State.ESTABLISHED]
    assert (kernel.working, kernel.message) == (False, "the kernel does not answer")


def test_missing_capture_is_told_with_what_mends_it() -> None:
    monitor = monitor_of(ScriptedSockets([]))
    monitor.refresh()
    assert monitor.snapshot().sources[1] is NO_TAP.status


def test_refresh_forgets_flows_that_are_over_but_for_those_of_sockets() -> None:
    log = PacketLog(limit=1)
    refused = (to_server(0, SYN, 1_000), to_client(1_000, RST | ACK, 0, 1_001))
    tap = Wiretap(ScriptedFrames(refused, HANDSHAKE), log)
    tap.receive()
    log.extend([event()])  # what was there has left the log
    monitor_of(ScriptedSockets([server_row()]), tap).refresh()
    assert tap.find(SERVER_ENDS) is not None
    tap = Wiretap(ScriptedFrames(refused), log)
    tap.receive()
    log.extend([event(time_ns=1_000_000)])
    monitor_of(ScriptedSockets([]), tap).refresh()
    assert tap.find(SERVER_ENDS) is None


def test_drops_of_the_capture_are_in_the_picture() -> None:
    log = PacketLog()
    tap = Wiretap(ScriptedFrames(HANDSHAKE, lost=7), log)
    tap.receive()
    monitor = Monitor(KernelSources(ScriptedSockets([]), OwnerIndex(), None), log, tap)
    monitor.refresh()
    assert (monitor.snapshot().captured, monitor.snapshot().dropped) == (10, 7)


def test_capture_that_stopped_is_said_to_be_broken() -> None:
    tap = Wiretap(ScriptedFrames(), PacketLog())
    tap.failure = "capture stopped: eth0 is gone"
    monitor = monitor_of(ScriptedSockets([]), tap)
    monitor.refresh()
    assert monitor.snapshot().sources[1] == SourceStatus("packets", False, "capture stopped: eth0 is gone")


def test_detail_joins_the_socket_with_its_segments() -> None:
    tap = Wiretap(ScriptedFrames(HANDSHAKE), PacketLog())
    tap.receive()
    monitor = monitor_of(ScriptedSockets([server_row()]), tap)
    monitor.refresh()
    found = monitor.detail(SERVER_ENDS)
    assert found is not None
    assert found.connection is not None
    assert found.flow is not None
    assert found.flow.opened == "handshake"


class ScriptedEvents:
    """What is told, once."""

    message = "scripted events"
    every_change = True
    lost = 7
    capacity = 20

    def __init__(self, *told: SocketEvent) -> None:
        self._told = list(told)

    def read(self) -> list[RawEvent]:
        told, self._told = self._told, []
        return [(event.cookie, b"", lambda _, event=event: event) for event in told]

    def close(self) -> None:
        pass


def test_much_that_was_told_is_read_on_sooner_and_little_later() -> None:
    """100 where there is room for 20: the next reading is to find 5."""
    end = SocketEvent(0, 9, SERVER_ENDS, OccurrenceKind.STATE, State.LAST_ACK, State.CLOSED)
    monitor = Monitor(
        KernelSources(ScriptedSockets([]), OwnerIndex(), ScriptedEvents(*[end] * 100)), PacketLog(), NO_TAP
    )
    pauses = []
    for _ in range(3):
        pauses.append(monitor._pause_s)
        monitor.refresh()
    assert pauses == pytest.approx([EVENTS_S, EVENTS_S / 20, EVENTS_S / 10], rel=0.1)


def test_short_connection_is_in_the_picture_and_what_was_lost_is_counted() -> None:
    end = SocketEvent(0, 9, SERVER_ENDS, OccurrenceKind.STATE, State.LAST_ACK, State.CLOSED)
    events = ScriptedEvents(end._replace(time_ns=time.monotonic_ns()))
    monitor = Monitor(KernelSources(ScriptedSockets([client_row()]), OwnerIndex(), events), PacketLog(), NO_TAP)
    monitor.refresh()
    snapshot = monitor.snapshot()
    [short] = snapshot.closed
    assert (short.key, short.peer) == (9, 2)
    assert snapshot.by_key[9] is snapshot.by_ends[SERVER_ENDS] is short
    assert snapshot.sources[1] == SourceStatus("events", True, "scripted events", lost=7)


class ScriptedMishaps(NoMishaps):
    """A reset that was sent, once."""

    def __init__(self, lost: int = 0) -> None:
        super().__init__("not told")
        self.lost = lost
        reset = ResetSent(time.monotonic_ns(), SERVER_ENDS, 1, None, "TCP_ABORT_ON_CLOSE")
        self._readings = [MishapReading({Cause(MishapKind.RESET_SENT, "TCP_ABORT_ON_CLOSE", 80): 1}, (reset,))]

    def read(self) -> MishapReading:
        return self._readings.pop() if self._readings else NO_READING


def test_mishaps_are_in_the_picture() -> None:
    sources = KernelSources(ScriptedSockets([server_row()]), OwnerIndex(), None, mishaps=ScriptedMishaps())
    monitor = Monitor(sources, PacketLog(), NO_TAP)
    for _ in range(2):
        monitor.refresh()
        mishaps = monitor.snapshot().mishaps
        found = mishaps.between(SERVER_ENDS, 1).reset_sent
        assert found is not None
        assert found.reason == "TCP_ABORT_ON_CLOSE"
        assert mishaps.count(MishapKind.RESET_SENT) == {"TCP_ABORT_ON_CLOSE": 1}
        assert mishaps.unavailable[MishapKind.ERROR] == "not told"


def test_listening_takes_what_is_reported_between_two_looks() -> None:
    mishaps = ScriptedMishaps()
    monitor = Monitor(KernelSources(ScriptedSockets([]), OwnerIndex(), None, mishaps=mishaps), PacketLog(), NO_TAP)
    monitor.listen(0)
    assert mishaps.read() is not NO_READING
    mishaps = ScriptedMishaps()
    monitor = Monitor(KernelSources(ScriptedSockets([]), OwnerIndex(), None, mishaps=mishaps), PacketLog(), NO_TAP)
    monitor.listen(0.001)
    assert mishaps.read() is NO_READING


@pytest.mark.parametrize("lost", [0, 5])
def test_lost_mishaps_are_shown(lost: int) -> None:
    sources = KernelSources(ScriptedSockets([]), OwnerIndex(), None, mishaps=ScriptedMishaps(lost))
    shown = {source.name: source.lost for source in Monitor(sources, PacketLog(), NO_TAP).snapshot().sources}
    assert shown.get("mishaps", 0) == lost


def test_closed_connection_does_not_hide_the_one_that_took_its_ends() -> None:
    end = SocketEvent(time.monotonic_ns(), 9, SERVER_ENDS, OccurrenceKind.STATE, State.LAST_ACK, State.CLOSED)
    sources = KernelSources(ScriptedSockets([server_row()]), OwnerIndex(), ScriptedEvents(end))
    monitor = Monitor(sources, PacketLog(), NO_TAP)
    monitor.refresh()
    assert monitor.snapshot().by_ends[SERVER_ENDS].key == 1


def test_listener_that_refuses_clients_is_in_the_picture() -> None:
    def listener(drops: int) -> SocketRow:
        return row(cookie=9, state=State.LISTEN, backlog=Backlog(2, 1, half_open=0, drops=drops))

    netstat = ScriptedNumbers({"ListenDrops": 100}, {"ListenDrops": 103})
    sysctls = ScriptedNumbers({}, {"net.ipv4.tcp_retries2": 15})
    sockets = ScriptedSockets([listener(5)], [listener(8)])
    sources = KernelSources(sockets, OwnerIndex(), None, netstat, sysctls)  # type: ignore[arg-type]
    monitor = Monitor(sources, PacketLog(), NO_TAP)
    monitor.refresh()
    assert [problem.rule for problem in monitor.snapshot().problems] == ["accept-queue-full"]
    monitor.refresh()
    snapshot = monitor.snapshot()
    assert snapshot.by_key[9].turned_away == 3
    assert snapshot.stack == Stack({"ListenDrops": Rise(3, 3)}, {"net.ipv4.tcp_retries2": 15})
    assert [problem.rule for problem in snapshot.problems] == ["accept-queue-full"]
    assert "away, 3 times in the last minute" in str(snapshot.problems[0].message)
    found = monitor.detail(snapshot.by_key[9].row.ends)
    assert found is not None
    assert (found.stack, found.problems[0].rule) == (snapshot.stack, "accept-queue-full")
    monitor.stop()
    assert netstat.closed
    assert sysctls.closed


def test_half_open_connections_are_counted_where_the_source_does_not() -> None:
    waiting = row(cookie=9, state=State.LISTEN, backlog=Backlog(0, 1), ends=ends(SERVER, ("0.0.0.0", 0)))
    monitor = monitor_of(ScriptedSockets([waiting, row(cookie=1, state=State.SYN_RECEIVED)]))
    monitor.refresh()
    backlog = monitor.snapshot().by_key[9].row.backlog
    assert backlog is not None
    assert backlog.half_open == 1


def test_stop_closes_the_sources_and_may_be_repeated() -> None:
    sockets, frames = ScriptedSockets([]), ScriptedFrames()
    monitor = monitor_of(sockets, Wiretap(frames, PacketLog()))
    monitor.start()
    monitor.stop()
    monitor.stop()
    assert (sockets.closed, frames.closed) == (1, 1)


def test_thread_that_fails_leaves_its_last_words_on_the_picture() -> None:
    class Broken(ScriptedSockets):
        def dump(self) -> list[SocketRow]:
            raise ValueError("a bug")

    monitor = Monitor(KernelSources(Broken([]), OwnerIndex(), None), PacketLog(), NO_TAP, interval_s=0)
    monitor.watch()
    [kernel, _] = monitor.snapshot().sources
    assert not kernel.working
    assert "a bug" in kernel.message
