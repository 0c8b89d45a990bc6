"""A finding: what one connection's facts mean, and what to do next."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters, in Wireshark's words."""

    CHAT = "chat"
    NOTE = "note"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: `says` is a sentence, `evidence` the facts behind it, `do_next` commands or actions."""

    severity: Severity
    rule: str
    says: str
    evidence: tuple[str, ...] = ()
    do_next: tuple[str, ...] = ()
