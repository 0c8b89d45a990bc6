"""A problem: what the facts mean, who is to act, and what to do next."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tcpwatch.diagnose.message import Message


class Severity(StrEnum):
    """How much a problem matters, in Wireshark's words."""

    CHAT = "chat"
    NOTE = "note"
    WARN = "warn"
    ERROR = "error"


SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}
"""The higher, the worse."""


class Level(StrEnum):
    """What a problem is of: one socket, all sockets of a program, or a whole network namespace."""

    SOCKET = "socket"
    PROGRAM = "program"
    HOST = "host"


class Cause(StrEnum):
    """Whose doing it is."""

    PROGRAM = "program"
    PEER = "peer"
    NETWORK = "network"
    KERNEL_SETTING = "kernel setting"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """How sure the cause is: the facts allow no other, or others are possible."""

    CERTAIN = "certain"
    LIKELY = "likely"
    OPEN = "open"


class Since(NamedTuple):
    """When something began, on the monotonic clock; earlier than that where its beginning was not `seen`."""

    time_ns: int
    seen: bool


class Trend(NamedTuple):
    """How a number has changed: growth in a minute, and its course up to now, equally far apart and the oldest first.

    `per_minute` is None where it has not been watched for long enough.
    """

    per_minute: int | None
    course: tuple[int, ...] = ()


class Limit(NamedTuple):
    """What a problem uses up: `used` of `limit` of `what`; `reached_in_ns` is None where it does not grow."""

    what: str
    used: int
    limit: int
    reached_in_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: `message` is a sentence, `evidence` the facts behind it, `next_steps` commands or actions.

    `rule` is the id of the rule that found it. `since` is when the trouble began, None where that is not known or where
    it is the age of the state. `subject` is the program that is to act, or the place that it is about; `brief` and
    `must` stand in the headline before and after it. `members` are the cookies of the sockets that it is about,
    `frames` the numbers of the frames of a capture that prove it. `count` is their number where not all are listed.
    `rests_on` is what must stay as it is for the problem to be the same one at the next look; None where the socket
    alone says so.
    """

    severity: Severity
    message: Message | str
    evidence: tuple[Message | str, ...] = ()
    next_steps: tuple[Message | str, ...] = ()
    rule: str = ""
    since: Since | None = None
    rests_on: object = None
    level: Level = Level.SOCKET
    subject: Message | str = ""
    brief: Message | str = ""
    must: Message | str = ""
    cause: Cause = Cause.UNKNOWN
    certainty: Certainty = Certainty.OPEN
    trend: Trend | None = None
    limit: Limit | None = None
    members: tuple[int, ...] = ()
    frames: tuple[int, ...] = ()
    count: int = 0

    @property
    def rank(self) -> int:
        """The higher, the worse."""
        return SEVERITY_RANK[self.severity]
