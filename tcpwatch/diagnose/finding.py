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
    """When something began, on the monotonic clock; no later than that where its beginning was not `seen`."""

    time_ns: int
    seen: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: `message` is a sentence, `evidence` the facts behind it, `do_next` commands or actions.

    `since` is when what it says began, None where that is not known or is no more than the age of the state.
    """

    severity: Severity
    rule: str
    message: str
    evidence: tuple[str, ...] = ()
    do_next: tuple[str, ...] = ()
    since: Since | None = None
