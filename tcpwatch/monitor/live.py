"""The Monitor: two threads, one picture.

The kernel thread dumps the socket table once an interval, and in between reads the changes of state that the kernel
reports; the capture thread (`wiretap`) reads frames. Both are joined by four-tuple and published as one frozen
Snapshot, which a front end pulls when it likes. A front end that stops pulling stops only its own picture.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event as Flag
from threading import Lock, Thread

from tcpwatch.errors import SourceError
from tcpwatch.kernel.proc.cgroups import Cgroups
from tcpwatch.kernel.source import KernelSources
from tcpwatch.kernel.users import user_names
from tcpwatch.monitor.around.listeners import Listeners, with_half_open
from tcpwatch.monitor.around.one_way import FLOWS_LOOKED_AT, one_way_flows
from tcpwatch.monitor.around.paths import Paths
from tcpwatch.monitor.around.programs import KnownPrograms
from tcpwatch.monitor.counter_window import CounterWindow
from tcpwatch.monitor.detail import detail, is_of
from tcpwatch.monitor.disagreements import LastingDisagreements
from tcpwatch.monitor.history import History, by_ends
from tcpwatch.monitor.judging.earlier import EarlierRecords
from tcpwatch.monitor.judging.half_closes import HalfCloses
from tcpwatch.monitor.judging.local_causes import with_local_causes
from tcpwatch.monitor.judging.problems import ProblemFinder, Surroundings
from tcpwatch.monitor.judging.unlooked import not_looked_at
from tcpwatch.monitor.snapshot import Connection, Detail, Snapshot, SourceStatus
from tcpwatch.monitor.traffic.mishap_log import MishapLog
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wire_timeline import NO_TIMELINES, LoggedWireTimeline
from tcpwatch.monitor.traffic.wiretap import NoWiretap, Wiretap
from tcpwatch.sockets.counters import Stack
from tcpwatch.sockets.host import NO_HOST, Path
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.flow_facts import FlowFacts
from tcpwatch.text.duration import SECOND_NS

EVENTS_S, LEAST_EVENTS_S = 0.1, 0.002  # between two readings of what the kernel reports as it happens


class Monitor:
    """Joins a socket source and a wiretap. `start` begins, `stop` ends both threads."""

    def __init__(
        self,
        kernel: KernelSources,
        packets: PacketLog,
        wiretap: Wiretap | NoWiretap,
        interval_s: float = 1.0,
        kill: Callable[[SocketRow], None] | None = None,
    ) -> None:
        """`kill` ends a connection by force; None where that is not allowed."""
        self.packets = packets
        self.kill = kill
        self._kernel = kernel
        self._wiretap = wiretap
        self._interval_ns = int(interval_s * SECOND_NS)
        self._pause_s = interval_s if self._kernel.transitions is None else min(interval_s, EVENTS_S)
        self._refreshed_ns = 0
        self._history = History()
        self._listeners = Listeners()
        self._half_closes = HalfCloses()
        self._earlier = EarlierRecords()
        self._problems = ProblemFinder()
        self._mishaps = MishapLog()
        self._counters: CounterWindow[str] = CounterWindow()
        self._wire_timeline = LoggedWireTimeline(packets)
        self._lasting_disagreements = LastingDisagreements()
        self._cgroups = Cgroups()
        self._paths = Paths(self._kernel.host)
        self._programs = KnownPrograms(self._kernel.programs)
        self._lock = Lock()
        self._stop = Flag()
        self._thread = Thread(target=self.watch, name="tcpwatch-kernel", daemon=True)
        self._kernel_status = SourceStatus("kernel", True, self._kernel.sockets.message)
        self._snapshot = Snapshot(time.monotonic_ns(), time.time_ns(), (), {}, {}, self._sources(), 0, 0)

    @property
    def reads_processes(self) -> bool:
        """Whether owners are looked for in /proc, which goes on needing a privilege."""
        return self._kernel.owners.reads_processes

    def start(self) -> None:
        """Take the first picture and begin to watch."""
        self.refresh()
        self._wiretap.start()
        self._thread.start()

    def stop(self) -> None:
        """End both threads and close the sources, once: a descriptor's number may be another's by the next time."""
        if self._stop.is_set():
            return
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)
        self._wiretap.stop()
        self._kernel.close()

    @property
    def recording_failure(self) -> str | None:
        """Why the recording that was asked for is not whole; None if it is, or none was asked for."""
        return self._wiretap.recording_failure

    def snapshot(self) -> Snapshot:
        """The newest picture."""
        with self._lock:
            return self._snapshot

    def detail(self, ends: bytes, key: int | None = None) -> Detail | None:
        """All that is known now of the connection with these ends; `key` tells sockets apart that have the same."""
        snapshot = self.snapshot()
        meant = snapshot.by_key.get(key) if key is not None else None
        with self._wiretap.lock:
            found = self._wiretap.find(ends, meant.row.interface if meant is not None else 0)
            wire_timelines = self._wire_timeline.timelines(found[0].stream) if found is not None else NO_TIMELINES
            known = detail(ends, snapshot, found, key, wire_timelines, self._lasting_disagreements)
        return self._with_program(self._with_host(self._with_cgroup(known), snapshot), snapshot)

    def path(self, key: int) -> Path | None:
        """The route of a connection and its entry in netfilter's table, asked for now."""
        connection = self.snapshot().by_key.get(key)
        return self._paths.path(connection.row, time.monotonic_ns()) if connection is not None else None

    def now_ns(self) -> int:
        """The moment now, as in `Snapshot.mono_ns`."""
        return time.monotonic_ns()

    def refresh(self) -> None:
        """Dump the table once and publish a new picture; where the dump fails, keep the last rows and say so."""
        self._refreshed_ns = now_ns = time.monotonic_ns()
        time_ns = time.time_ns()
        self._take_transitions()
        stack = self._stack(now_ns)
        try:
            rows = self._kernel.sockets.dump()
        except SourceError as error:
            since_ns = time_ns if self._kernel_status.working else self._kernel_status.since_ns
            self._kernel_status = SourceStatus("kernel", False, str(error), since_ns=since_ns)
            connections, closed = self.snapshot().connections, self.snapshot().closed
        else:
            self._kernel_status = SourceStatus("kernel", True, self._kernel.sockets.message)
            owners, users = self._kernel.owners.resolve(rows), user_names(rows)
            known = self._history.update(with_half_open(rows), owners, users, now_ns)
            judged = self._listeners.judge(self._half_closes.judge(known, now_ns), stack, now_ns)
            connections = tuple(with_local_causes(judged, stack, now_ns))
            closed = self._history.closed(now_ns)
        captured, dropped = self._wiretap.statistics()
        ends = {**by_ends(closed), **by_ends(connections)}
        mishaps = self._mishaps.view(now_ns, self._kernel.mishaps.unavailable)
        around = Surroundings(
            closed,
            mishaps,
            flow_of=lambda one: self._flow_of(one, time_ns - now_ns),
            route_of=lambda row: self._paths.route(row, now_ns),
            one_way=one_way_flows(self._wiretap.newest_segs(FLOWS_LOOKED_AT), ends),
        )
        found = self._problems.find(connections, stack, now_ns, self._programs.for_a_refresh(now_ns), around)
        snapshot = Snapshot(
            mono_ns=now_ns,
            time_ns=time_ns,
            connections=connections,
            by_key={connection.key: connection for connection in (*closed, *connections)},
            by_ends=ends,
            sources=self._sources(),
            captured=captured,
            dropped=dropped,
            closed=closed,
            closed_left_out=self._history.closed_left_out,
            stack=stack,
            problems=found.problems,
            not_looked_at=tuple(not_looked_at(self._kernel.mishaps.unavailable, found.programs)),
            trouble_since=found.trouble_since,
            icmp_errors=self._wiretap.icmp_errors,
            mishaps=mishaps,
            earlier=self._earlier.update(connections),
        )
        with self._lock:
            self._snapshot = snapshot
        self._wiretap.expire(snapshot.by_ends, time_ns)

    def listen(self, seconds: float) -> None:
        """Note what the kernel reports for so long; in place of the threads, for who refreshes now and then."""
        until_ns = time.monotonic_ns() + int(seconds * SECOND_NS)
        while (left_ns := until_ns - time.monotonic_ns()) > 0 and not self._stop.wait(
            min(self._pause_s, left_ns / SECOND_NS)
        ):
            self._take_transitions()

    def watch(self) -> None:
        """Refresh once an interval until stopped; the kernel thread's work. A failure ends it and is shown."""
        while not self._stop.wait(self._pause_s):
            try:
                if time.monotonic_ns() - self._refreshed_ns >= self._interval_ns:
                    self.refresh()
                else:
                    self._take_transitions()
            except Exception as error:  # a bug, and the screen is the only place to say so
                broken = SourceStatus(
                    "kernel", False, f"the socket table is no longer read: {error!r}", since_ns=time.time_ns()
                )
                with self._lock:
                    self._snapshot = replace(self._snapshot, sources=(broken, *self._snapshot.sources[1:]))
                return

    def _with_cgroup(self, known: Detail | None) -> Detail | None:
        connection = known.connection if known is not None else None
        number = connection.row.extensions.cgroup_id if connection is not None else None
        return known if known is None or number is None else replace(known, cgroup=self._cgroups.path(number))

    def _with_program(self, known: Detail | None, snapshot: Snapshot) -> Detail | None:
        if known is None or (connection := known.connection) is None:
            return known
        owner = next((one for one in connection.owners if not one.gone), None)
        program = self._programs.read(owner, time.monotonic_ns()) if owner is not None else None
        of_its_program = tuple(problem for problem in snapshot.problems if connection.key in problem.members)
        return replace(known, program=program, of_its_program=of_its_program)

    def _with_host(self, known: Detail | None, snapshot: Snapshot) -> Detail | None:
        if known is None:
            return None
        connection = known.connection
        route = self._paths.route(connection.row, time.monotonic_ns()) if connection is not None else None
        return replace(known, route=route, icmp_errors=snapshot.icmp_errors.get(known.ends))

    def _flow_of(self, connection: Connection, wall_ns: int) -> FlowFacts | None:
        """What the wire showed of a connection; `wall_ns` is what the wall clock is ahead of the monotonic one."""
        with self._wiretap.lock:
            found = self._wiretap.find(connection.row.ends, connection.row.interface)
            return FlowFacts.of(*found) if found is not None and is_of(found[0], connection, wall_ns) else None

    def _stack(self, now_ns: int) -> Stack:
        """What the kernel counts and is set to, beside its sockets."""
        netstat, sysctls, host = self._kernel.netstat, self._kernel.sysctls, self._kernel.host
        counted = {**(netstat.read() if netstat is not None else {}), **(host.counters() if host is not None else {})}
        counters = self._counters.update(counted, now_ns)
        facts = host.read(now_ns) if host is not None else NO_HOST
        if sysctls is None:
            return Stack(counters, host=facts)
        return Stack(counters, sysctls.read(), sysctls.local_ports(), facts)

    def _take_transitions(self) -> None:
        """Read them, and what went wrong; the more there are, the sooner again: at a quarter of the buffer."""
        self._mishaps.add(self._kernel.mishaps.read(), time.monotonic_ns())
        if (source := self._kernel.transitions) is not None:
            transitions = source.read()
            self._history.add_events(transitions)
            pause_s = self._pause_s * min(2, source.capacity / (4 * len(transitions) + 1))
            self._pause_s = min(max(pause_s, LEAST_EVENTS_S), EVENTS_S, self._interval_ns / SECOND_NS)

    def _sources(self) -> tuple[SourceStatus, ...]:
        return (self._kernel_status, *self._event_source(), *self._wiretap.statuses(), *self._mishap_source())

    def _event_source(self) -> tuple[SourceStatus, ...]:
        if (source := self._kernel.transitions) is None:
            return ()
        partly = None if source.every_change else "ends only"
        return (SourceStatus("events", partly is None, source.message, lost=source.lost, partly=partly),)

    def _mishap_source(self) -> tuple[SourceStatus, ...]:
        """Only where some of it was lost."""
        lost = self._kernel.mishaps.lost
        return (
            (SourceStatus("mishaps", True, "BPF: resets, errors and drops, as they happen", lost=lost),) if lost else ()
        )
