"""The result of a check: how many of what it looks for there are, and how many there may be."""

from dataclasses import dataclass
from operator import attrgetter

from tcpwatch.report.records.problems import PROBLEMS, ReportedProblem
from tcpwatch.report.records.schema import Column, ColumnType, Schema, integers


@dataclass(frozen=True)
class CheckResult:
    """`count` sockets pass `filter`, or so many problems were found where that is empty; up to `most` are allowed.

    `sockets` were looked at.
    """

    filter: str
    count: int
    most: int
    sockets: int
    problems: tuple[ReportedProblem, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there are no more than there may be."""
        return self.count <= self.most


CHECK_RESULT: Schema[CheckResult] = Schema(
    "check",
    (
        Column("passed", ColumnType.BOOLEAN, attrgetter("passed")),
        Column("filter", ColumnType.TEXT, lambda result: result.filter or None),
        *integers(("count", "most", "sockets")),
        Column("problems", ColumnType.JSON, lambda result: [PROBLEMS.as_dict(one) for one in result.problems]),
    ),
)
