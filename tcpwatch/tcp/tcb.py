"""The transmission control block of one end (RFC 9293 §3.3.1), with the source of its numbers.

Numbers are absolute if `iss`/`irs` are known, else relative to the initial sequence numbers (ISS = 0, IRS = 0): without
privilege the kernel reports byte counts, but no initial sequence numbers. `None` = not observed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Source(StrEnum):
    """The source of a value."""

    KERNEL = "kernel"  # the kernel's own field
    DERIVED = "derived"  # computed from kernel fields, made absolute by a captured SYN
    RELATIVE = "relative"  # computed from kernel fields, relative to the initial sequence numbers
    WIRE = "wire"  # from captured segments


@dataclass(frozen=True, slots=True)
class Tcb:
    """One end's TCB. Sequence numbers are 32-bit wire values, or offsets from ISS/IRS if the source is RELATIVE.

    `snd_wnd` and `rcv_wnd` are bytes if the scale is known, else the raw field with `*_wscale` None.
    `mss` is the largest segment that this end may send; `initiated`: this end sent the first SYN (None: not known).
    `others` are variables that have no attribute here, by the kernel's names.
    """

    source: Source
    iss: int | None = None
    irs: int | None = None
    snd_una: int | None = None
    snd_nxt: int | None = None
    snd_wnd: int | None = None
    snd_wl1: int | None = None
    snd_wscale: int | None = None
    rcv_nxt: int | None = None
    rcv_wnd: int | None = None
    rcv_wscale: int | None = None
    write_seq: int | None = None
    copied_seq: int | None = None
    mss: int | None = None
    initiated: bool | None = None
    others: Mapping[str, int] = field(default_factory=dict, hash=False)

    def variable(self, name: str) -> int | None:
        """The variable of this name; None where it was not observed."""
        value: int | None = self.others[name] if name in self.others else getattr(self, name, None)
        return value
