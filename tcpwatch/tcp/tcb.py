"""The transmission control block of one end (RFC 9293 §3.3.1), with where each number comes from.

Numbers are absolute where `iss`/`irs` are known, else they count from the initial sequence numbers (ISS = 0, IRS = 0):
the kernel tells every user how far a connection has come, but not where it began. `None` = not observed.
"""

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where a value comes from."""

    KERNEL = "kernel"  # the kernel's own field
    DERIVED = "derived"  # exact arithmetic on kernel fields, made absolute by a SYN that was captured
    RELATIVE = "relative"  # exact arithmetic on kernel fields, counted from the initial sequence numbers
    WIRE = "wire"  # what segments showed


@dataclass(frozen=True, slots=True)
class Tcb:
    """One end's TCB. Sequence numbers are 32-bit wire values, or offsets from ISS/IRS where the source is RELATIVE.

    `snd_wnd` and `rcv_wnd` are bytes where the scale is known, else the raw field with `*_wscale` None.
    `mss` is what this end may send in one segment; `initiated` says who sent the first SYN (None: not known).
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
