"""A finding: what one connection's facts mean, and what to do next."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How much a finding matters, in Wireshark's words."""

    CHAT = "chat"
    NOTE = "note"
    WARN = "warn"
    ERROR = "error"


class Since(NamedTuple):
    """When something began, on the monotonic clock; earlier than that where its beginning was not `seen`."""

    time_ns: int
    seen: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: `message` is a sentence, `evidence` the facts behind it, `next_steps` commands or actions.

    `rule` is the id of the rule that found it. `since` is when the trouble began, None where that is not known or where
    it is the age of the state. `rests_on` is what must stay as it is for the finding to be the same one at the next
    look; None where the socket alone says so.
    """

    severity: Severity
    message: str
    evidence: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    rule: str = ""
    since: Since | None = None
    rests_on: object = None
