"""What this machine and this user can see. The record is a document; its table is the checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from tcpwatch.capture.interfaces import Interface
from tcpwatch.report.records.schema import Column, ColumnType, Schema

BOOLEAN, TEXT = ColumnType.BOOLEAN, ColumnType.TEXT
OBJECT, JSON = ColumnType.OBJECT, ColumnType.JSON


@dataclass(frozen=True)
class Check:
    """Whether one source works. `message` says how or why not; `fix` is a command that gets more out of it."""

    name: str
    works: bool
    message: str
    fix: str | None = None


@dataclass(frozen=True)
class UserRights:
    """Who the process is, and its effective capabilities."""

    user: str
    is_root: bool
    capabilities: Sequence[str]


@dataclass(frozen=True)
class Examination:
    """The machine, the user before and after the start-up, the checks, and the interfaces to capture on."""

    version: str
    system: str
    python: str
    before: UserRights
    after_start: UserRights
    netns: str | None
    other_netns: Sequence[str]
    checks: Sequence[Check]
    interfaces: Sequence[Interface]


CHECKS: Schema[Check] = Schema(
    "checks",
    (
        Column("name", TEXT, attrgetter("name")),
        Column("works", BOOLEAN, attrgetter("works")),
        Column("says", TEXT, attrgetter("message")),
        Column("mend", TEXT, attrgetter("fix")),
    ),
)
INTERFACES: Schema[Interface] = Schema(
    "interfaces",
    (
        Column("name", TEXT, attrgetter("name")),
        Column("up", BOOLEAN, attrgetter("up")),
        Column("loopback", BOOLEAN, attrgetter("loopback")),
        Column("addresses", JSON, lambda interface: list(interface.addresses)),
    ),
)
DOCTOR: Schema[Examination] = Schema(
    "doctor",
    (
        Column("tcpwatch", TEXT, attrgetter("version")),
        Column("system", TEXT, attrgetter("system")),
        Column("python", TEXT, attrgetter("python")),
        Column("user", TEXT, attrgetter("before.user")),
        Column("capabilities", JSON, attrgetter("before.capabilities")),
        Column("netns", TEXT, attrgetter("netns")),
        Column("other_netns", JSON, attrgetter("other_netns")),
        Column(
            "after_start",
            OBJECT,
            attrgetter("after_start"),
            (Column("user", TEXT, attrgetter("user")), Column("capabilities", JSON, attrgetter("capabilities"))),
        ),
        Column("checks", JSON, lambda found: list(map(CHECKS.as_dict, found.checks))),
        Column("interfaces", JSON, lambda found: list(map(INTERFACES.as_dict, found.interfaces))),
    ),
    table=(CHECKS, attrgetter("checks")),
)
