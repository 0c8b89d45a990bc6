"""All that a report tells, as one frozen object: its pages are made of it and read nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.report.ladder import Ladder
from tcpwatch.report.records.problems import ReportedProblem
from tcpwatch.report.records.sockets import ReportedSocket
from tcpwatch.sockets.program import Program
from tcpwatch.tcp.flow import Flow
from tcpwatch.why.catalog import Translate


@dataclass(frozen=True, slots=True)
class Contents:
    """What was seen of a host, or in a capture file, by `taken_ns` (wall clock) in `looked_ns`.

    `subject` is the host's or the file's name, `scope` what of it was looked at. `ladders_of` has, by the place of a
    problem, those of `ladders` that are of its members. `sockets` is None for a file. `not_looked_at` is what the
    rules lacked, in words. `files` is what each file of the folder has, by name; `remarks` what the reader has to know
    about them.
    """

    subject: str
    scope: Sequence[str]
    made_by: str
    taken_ns: int
    looked_ns: int
    language: str
    translate: Translate
    problems: Sequence[ReportedProblem]
    ladders: Sequence[Ladder] = ()
    ladders_of: Mapping[int, Sequence[int]] = field(default_factory=dict)
    programs: Sequence[Program] = ()
    sockets: Sequence[ReportedSocket] | None = None
    flows: Sequence[Flow] = ()
    sources: Sequence[SourceStatus] = ()
    not_looked_at: Sequence[str] = ()
    doctor: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()
