"""A problem: what is wrong, the facts behind it, whose doing it is, and what to do next."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from tcpwatch.diagnose.message import in_words
from tcpwatch.diagnose.problem import Problem
from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.report.records.schema import Column, ColumnType, Json, Schema, integers
from tcpwatch.sockets.row import NoOwner
from tcpwatch.why.catalog import Translate

INTEGER, BOOLEAN, TEXT = ColumnType.INTEGER, ColumnType.BOOLEAN, ColumnType.TEXT
OBJECT, JSON = ColumnType.OBJECT, ColumnType.JSON


@dataclass(frozen=True)
class ReportedProblem:
    """A problem at `now_ns` on the monotonic clock, with its sockets; `translate` gives its texts in a language."""

    problem: Problem
    now_ns: int
    members: tuple[Connection, ...] = ()
    translate: Translate = str

    @property
    def message(self) -> str:
        """The sentence."""
        return in_words(self.problem.message, self.translate)

    @property
    def evidence(self) -> list[str]:
        """The facts behind it."""
        return [in_words(fact, self.translate) for fact in self.problem.evidence]

    @property
    def count(self) -> int:
        """How many connections it is about, listed or not."""
        return self.problem.count or len(self.members)

    @property
    def next_steps(self) -> list[str]:
        """What to do."""
        return [in_words(step, self.translate) for step in self.problem.next_steps]

    @property
    def subject(self) -> str:
        """Who is to act, or what it is about; empty where that is not known."""
        return in_words(self.problem.subject, self.translate)

    @property
    def age_ns(self) -> int | None:
        """How long it has lasted, at least where its beginning was not seen."""
        return None if self.problem.since is None else max(0, self.now_ns - self.problem.since.time_ns)


def reported(snapshot: Snapshot, wanted: Callable[[Problem], bool], translate: Translate) -> Iterator[ReportedProblem]:
    """The problems of a picture that are wanted, the worst first."""
    by_key: Mapping[int, Connection] = snapshot.by_key
    for problem in filter(wanted, snapshot.problems):
        members = tuple(by_key[key] for key in problem.members if key in by_key)
        yield ReportedProblem(problem, snapshot.mono_ns, members, translate)


def _members(record: ReportedProblem) -> list[Json]:
    return [
        {
            "cookie": one.key if one.key >= 0 and not from_file(one) else None,
            "local": str(one.row.local),
            "remote": str(one.row.remote),
            "state": one.row.state,
            "pid": one.owners[0].pid if one.owners else None,
            "fd": one.owners[0].fd if one.owners else None,
            "stream": one.key >> 1 if from_file(one) else None,
        }
        for one in record.members
    ]


def from_file(one: Connection) -> bool:
    """Whether it was read from a capture file: its key is then twice the number of its stream, plus its side."""
    return one.no_owner is NoOwner.FILE


PROBLEMS: Schema[ReportedProblem] = Schema(
    "problems",
    (
        Column("rule", TEXT, attrgetter("problem.rule")),
        Column("severity", TEXT, attrgetter("problem.severity")),
        Column("level", TEXT, attrgetter("problem.level")),
        Column("subject", TEXT, lambda record: record.subject or None),
        Column("message", TEXT, attrgetter("message")),
        Column("evidence", JSON, attrgetter("evidence")),
        Column("cause", TEXT, attrgetter("problem.cause")),
        Column("certainty", TEXT, attrgetter("problem.certainty")),
        Column("next_steps", JSON, attrgetter("next_steps")),
        Column("age_ns", INTEGER, attrgetter("age_ns")),
        Column("beginning_seen", BOOLEAN, lambda record: since.seen if (since := record.problem.since) else None),
        Column("per_minute", INTEGER, lambda record: trend.per_minute if (trend := record.problem.trend) else None),
        Column(
            "limit",
            OBJECT,
            attrgetter("problem.limit"),
            (Column("what", TEXT, attrgetter("what")), *integers(("used", "limit", "reached_in_ns"))),
        ),
        Column("count", INTEGER, attrgetter("count")),
        Column("members", JSON, _members),
        Column("frames", JSON, lambda record: list(record.problem.frames) or None),
    ),
)
