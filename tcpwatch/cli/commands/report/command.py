"""`tcpwatch report`: everything about now, or about a capture file, in one folder for who was not there."""

import socket
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tcpwatch.capture.interfaces import Interface
from tcpwatch.capture.last_frames import KeptSource, LastFrames
from tcpwatch.capture.source import open_capture
from tcpwatch.cli.commands import doctor
from tcpwatch.cli.commands.explain import concerns
from tcpwatch.cli.commands.flows import flow_has_port
from tcpwatch.cli.commands.report.files import (
    DOCTOR_FILE,
    FLOWS_FILE,
    LADDERS_FILE,
    MADE_BY,
    PACKETS_FILE,
    PROBLEMS_FILE,
    SOCKETS_FILE,
    ReportPackets,
    default_folder,
    fill,
    filling,
    remark,
)
from tcpwatch.cli.commands.sockets import records_of, row_has_port
from tcpwatch.cli.ladders import choose_ladders
from tcpwatch.cli.live import open_links
from tcpwatch.cli.netns import namespace_scope
from tcpwatch.cli.options import DoctorOptions, ReportOptions
from tcpwatch.cli.sources import give_up_privileges, wanted_interface
from tcpwatch.cli.streams import say
from tcpwatch.errors import PrivilegeError, SourceError
from tcpwatch.kernel.source import open_kernel
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import NoWiretap, Wiretap
from tcpwatch.report import texts
from tcpwatch.report.contents import Contents
from tcpwatch.report.folder import ReportFolder
from tcpwatch.report.formats.text import doctor as doctor_lines
from tcpwatch.report.records.problems import ReportedProblem, reported
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.program import Program
from tcpwatch.text.clean import clean
from tcpwatch.text.duration import SECOND_NS, duration
from tcpwatch.why.catalog import translation

ON_HOST, ON_WIRE = (PROBLEMS_FILE, SOCKETS_FILE, DOCTOR_FILE), (FLOWS_FILE, PACKETS_FILE, LADDERS_FILE)
MOST_PROGRAMS = 12


class Seen(NamedTuple):
    """Whose report it is, what of it was looked at, and for how long."""

    subject: str
    scope: Sequence[str]
    looked_ns: int


def run(options: ReportOptions, entered: Namespace | None = None) -> int:
    """Look, fill the folder, and print where its page is."""
    if options.frames.read is not None:
        from tcpwatch.cli.commands.report.capture_file import report_on_file  # it looks at no socket

        report_on_file(options, options.frames.read)
    else:
        report_on_host(options, entered)
    return 0


def report_on_host(options: ReportOptions, entered: Namespace | None) -> None:
    """What is known after having looked for as long as was asked for."""
    begun = doctor.begin(DoctorOptions(kernel=options.kernel), entered)
    interface, host = wanted_interface(options.frames.iface), clean(socket.gethostname())
    log, last = PacketLog(), LastFrames()
    tap = open_tap(options, interface, log, last)
    scope = namespace_scope(options.kernel, entered)
    monitor = Monitor(open_kernel(options.kernel.portable, options.kernel.bpf, scope), log, tap)
    try:
        names = (*ON_HOST, *(ON_WIRE if isinstance(tap, Wiretap) else ()))
        folder = ReportFolder(options.folder or default_folder(host), names)
        with filling(folder):
            sandbox = give_up_privileges(monitor.reads_processes)
            began_ns = time.monotonic_ns()
            monitor.start()
            say(f"looking for {duration(round(options.looks_s * SECOND_NS))}; the report goes to {folder.name}")
            time.sleep(options.looks_s)
            seen = Seen(host, scope_words(options, interface, entered), time.monotonic_ns() - began_ns)
            examined = tuple(doctor_lines([doctor.finish(begun, sandbox)]))
            contents = contents_now(options, monitor, tap, seen, examined)
            fill(folder, names, contents, ReportPackets(last, options.payload))
    finally:
        monitor.stop()


def open_tap(options: ReportOptions, interface: Interface, log: PacketLog, last: LastFrames) -> Wiretap | NoWiretap:
    """The capture thread, which keeps its last frames; where nothing may be captured, what says why."""
    try:
        source = open_capture(interface, options.frames.ports, portable=options.frames.portable)
    except PrivilegeError as error:
        return NoWiretap(SourceStatus("packets", False, error.message, error.fix))
    except SourceError as error:
        return NoWiretap(SourceStatus("packets", False, str(error)))
    return Wiretap(KeptSource(source, last), log, links=open_links(interface))


def contents_now(
    options: ReportOptions, monitor: Monitor, tap: Wiretap | NoWiretap, seen: Seen, examined: Sequence[str]
) -> Contents:
    """All that is known now; the monitor is stopped then. `examined` is what the doctor found."""
    snapshot, translate, ports = monitor.snapshot(), translation(options.language), frozenset(options.frames.ports)
    chosen = [problem for problem in snapshot.problems if concerns(problem, snapshot, ports)]
    problems = list(reported(snapshot, chosen.__contains__, translate))
    programs = list(programs_of(problems, monitor))
    monitor.stop()
    flows = [flow for flow in tap.flows() if flow_has_port(flow, ports)]
    rows = [connection for connection in snapshot.connections if row_has_port(connection.row, ports)]
    ladders, ladders_of = choose_ladders(monitor.packets, problems, flows, translate)
    return Contents(
        subject=seen.subject,
        scope=seen.scope,
        made_by=MADE_BY,
        taken_ns=snapshot.time_ns,
        looked_ns=seen.looked_ns,
        language=options.language,
        translate=translate,
        problems=problems,
        ladders=ladders,
        ladders_of=ladders_of,
        programs=programs,
        sockets=list(records_of(rows, snapshot.mono_ns)),
        flows=flows,
        sources=snapshot.sources,
        not_looked_at=snapshot.not_looked_at,
        doctor=examined,
        remarks=tuple(remark(texts.FRAMES_DROPPED, snapshot.dropped, translate)),
    )


def programs_of(problems: Sequence[ReportedProblem], monitor: Monitor) -> Iterator[Program]:
    """The programs that hold members of the problems, each once, those of the worst first."""
    known: set[int] = set()
    for member in (member for record in problems for member in record.members):
        if len(known) == MOST_PROGRAMS:
            return
        if not member.owners or member.owners[0].pid in known:
            continue
        known.add(member.owners[0].pid)
        detail = monitor.detail(member.row.ends, member.key)
        if detail is not None and detail.program is not None:
            yield detail.program


def scope_words(options: ReportOptions, interface: Interface, entered: Namespace | None) -> Sequence[str]:
    """What of the host was looked at, as the title of the dashboard has it."""
    ports = options.frames.ports
    words = (
        f"netns {entered.label}" if entered else "",
        interface.title,
        f"port{'s' * (len(ports) > 1)} {' '.join(map(str, ports))}" if ports else "",
    )
    return tuple(word for word in words if word)
