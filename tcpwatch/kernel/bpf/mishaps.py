"""Mishaps as they happen, from the kernel's tracepoints: RSTs sent, errors given to programs, segments dropped.

Each kind has a program of its own, and one that the kernel refuses leaves the others as they are. A flood of mishaps is
counted from the undecoded records; only the newest are decoded.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from struct import Struct
from typing import Any, NamedTuple

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.btf import Btf
from tcpwatch.kernel.bpf.loader import load_tracepoint
from tcpwatch.kernel.bpf.mishap_programs import (
    ARGUMENTS_WITH_REASON,
    KINDS_BY_MARK,
    MISHAP_CAUSE,
    MISHAP_REASON,
    MISHAP_RECORD,
    NO_REASON,
    Output,
    Place,
    error_reported,
    reset_sent,
    segment_dropped,
)
from tcpwatch.kernel.bpf.programs import AF_INET
from tcpwatch.kernel.bpf.ring_buffer import RingBuffer
from tcpwatch.kernel.bpf.tracepoints import NETWORK_NAMESPACE
from tcpwatch.kernel.ends import socket_ends
from tcpwatch.kernel.mishaps import MishapReading
from tcpwatch.kernel.proc.kallsyms import KernelSymbols
from tcpwatch.kernel.sock_diag.inet_diag import STATE_BY_NUMBER
from tcpwatch.sockets.mishaps import Cause, Mishap, MishapKind, ResetSent, SegmentDropped, SocketError
from tcpwatch.text.clean import clean
from tcpwatch.wire.segment import reversed_ends

RING_BYTES = 2 << 20  # 20,000 records
NEWEST = 500  # records of one reading that are decoded
MOST_PORTS = 64  # that the program compares with; of more, none is left out
TCP_HEADER_BYTES = 20
_NO_PORT = b"\0\0"
_TIME = Struct("=Q").unpack_from  # of a record
_NO_WORDS: Mapping[int, str] = {}

RESET_SENT, ERROR, DROPPED = (
    KINDS_BY_MARK.index(kind) for kind in (MishapKind.RESET_SENT, MishapKind.ERROR, MishapKind.DROPPED)
)

IGNORED_DROPS = frozenset({"NOT_DROPPED_YET", "CONSUMED", "NOT_SPECIFIED", "QUEUE_PURGE", "OTHERHOST"})
"""Reasons that tell of no fault: each ordinary close has one of them, and a promiscuous interface brings the last."""

TRACEPOINTS = {
    MishapKind.RESET_SENT: "tcp_send_reset",
    MishapKind.ERROR: "inet_sk_error_report",
    MishapKind.DROPPED: "kfree_skb",
}
NO_REASON_FOR_RESETS = "this kernel does not tell why, only whether the RST answers a segment"


class Words(NamedTuple):
    """The kernel's words for its numbers: why it sent an RST, why it dropped a segment."""

    reset: Mapping[int, str]
    drop: Mapping[int, str]

    @classmethod
    def of(cls, btf: Btf) -> "Words":
        """As this kernel numbers them."""
        resets, drops = btf.names_by_value("sk_rst_reason"), btf.names_by_value("skb_drop_reason")
        return cls(
            {number: clean(name.removeprefix("SK_RST_REASON_")) for number, name in resets.items()},
            {number: clean(name.removeprefix("SKB_").removeprefix("DROP_REASON_")) for number, name in drops.items()},
        )

    def reason(self, mark: int, number: int) -> str | None:
        """The word; None where the kernel gave no reason, the number in digits where it has no word or is an error."""
        if number == NO_REASON:
            return None
        table = self.reset if mark == RESET_SENT else self.drop if mark == DROPPED else _NO_WORDS
        return table.get(number) or str(number)


class TracepointMishaps:
    """Mishaps in the network namespace in which it was opened, or in all. Not thread-safe."""

    def __init__(
        self,
        ring: RingBuffer,
        words: Words,
        symbols: KernelSymbols,
        programs: tuple[int, ...] = (),
        unavailable: Mapping[MishapKind, str] | None = None,
        partly: Mapping[MishapKind, str] | None = None,
    ) -> None:
        """`programs` are the descriptors of the programs that fill the ring; `close` closes them."""
        self._ring = ring
        self._words = words
        self._symbols = symbols
        self._programs = programs
        self.unavailable: Mapping[MishapKind, str] = unavailable or {}
        self.partly: Mapping[MishapKind, str] = partly or {}

    @classmethod
    def open(
        cls, btf: Btf, size: int = RING_BYTES, everywhere: bool = False, ports: Sequence[int] = ()
    ) -> "TracepointMishaps":
        """Attach the programs; SourceError if the kernel refuses them all.

        `everywhere`: report those of all network namespaces. `ports`: report drops of segments with these ports only.
        """
        try:
            netns = None if everywhere else NETWORK_NAMESPACE.stat().st_ino
        except OSError as error:
            raise SourceError(f"{NETWORK_NAMESPACE} cannot be read ({error.strerror}).") from error
        words = Words.of(btf)
        ring = RingBuffer(size, MISHAP_RECORD.size)
        programs, unavailable = _load_all(btf, Output(ring.map, ring.lost_map, netns), words, ports)
        if not programs:
            ring.close()
            raise SourceError(unavailable[MishapKind.RESET_SENT])
        partly = {}
        if MishapKind.RESET_SENT not in unavailable and btf.arguments("tcp_send_reset") < ARGUMENTS_WITH_REASON:
            partly[MishapKind.RESET_SENT] = NO_REASON_FOR_RESETS
        return cls(ring, words, KernelSymbols(), programs, unavailable, partly)

    @property
    def lost(self) -> int:
        """How many were lost since the start because `read` was not called in time."""
        return self._ring.lost

    def read(self) -> MishapReading:
        """What happened since the last call: all of it counted, the newest decoded."""
        records = self._ring.read()
        if not records:
            return MishapReading({}, ())
        causes = Counter(record[MISHAP_CAUSE] for record in records)
        counts: Counter[Cause] = Counter()
        for packed, times in causes.items():
            counts[self._cause(packed)] += times
        newest = [MISHAP_RECORD.unpack(record) for record in _newest(records)]
        locations = self._symbols.find({values[-1] for values in newest if values[-1]})
        decoded = (_decode(values, self._words, locations) for values in newest)
        found = tuple(mishap for mishap in decoded if mishap is not None)
        return MishapReading(counts, found, len(records) - len(newest))

    def close(self) -> None:
        """Unload the programs."""
        for program in self._programs:
            os.close(program)
        self._ring.close()
        self._symbols.close()

    def _cause(self, packed: bytes) -> Cause:
        reason = self._words.reason(packed[0], int.from_bytes(packed[4:], "little"))
        return Cause(KINDS_BY_MARK[packed[0]], reason or "", int.from_bytes(packed[2:4]) or None)


def _load_all(
    btf: Btf, output: Output, words: Words, ports: Sequence[int]
) -> tuple[tuple[int, ...], dict[MishapKind, str]]:
    """The descriptors of the programs that the kernel took, and why it refused the others."""
    ignored = [number for number, word in words.drop.items() if word in IGNORED_DROPS]
    compared = ports if len(ports) <= MOST_PORTS else ()
    generate: dict[MishapKind, Callable[[], bytes]] = {
        MishapKind.RESET_SENT: lambda: reset_sent(btf, output),
        MishapKind.ERROR: lambda: error_reported(btf, output),
        MishapKind.DROPPED: lambda: segment_dropped(btf, output, ignored, compared),
    }
    programs: list[int] = []
    unavailable: dict[MishapKind, str] = {}
    for kind, code in generate.items():
        try:
            programs.append(load_tracepoint(code(), btf, TRACEPOINTS[kind]))
        except SourceError as refusal:
            unavailable[kind] = str(refusal)
    return tuple(programs), unavailable


def _newest(records: list[bytes]) -> list[bytes]:
    """The newest NEWEST of the records, in order; each reason has the same share, so that no flood hides another."""
    if len(records) <= NEWEST:
        return records
    by_reason: dict[bytes, list[bytes]] = {}
    for record in records:
        by_reason.setdefault(record[MISHAP_REASON], []).append(record)
    share = max(1, NEWEST // len(by_reason))
    shares = [record for alike in by_reason.values() for record in alike[-share:]]
    return sorted(shares, key=_TIME)


def _decode(values: tuple[Any, ...], words: Words, locations: Mapping[int, str | None]) -> Mishap | None:
    """One record as a mishap; None where the TCP header was not in the part of the buffer that is read."""
    time_ns, cookie, first, second, family, num, port, other_port, mark, place, _, number = values[:12]
    number_of_state, flags, error, soft, tail, transport, location = values[12:]
    state = STATE_BY_NUMBER.get(number_of_state)
    if place != Place.SOCKET and transport + TCP_HEADER_BYTES > tail:
        return None
    ends = _ends(family, first, second, (num.to_bytes(2) if port == _NO_PORT else port) + other_port)
    if mark == ERROR:
        return SocketError(time_ns, ends, cookie, state, error, soft)
    reason = words.reason(mark, number)
    if mark == DROPPED:
        name = locations.get(location)
        return SegmentDropped(time_ns, ends, cookie or None, state, reason or "", flags, place == Place.RECEIVED, name)
    if place == Place.SOCKET:
        return ResetSent(time_ns, ends, cookie or None, state, reason)
    return ResetSent(time_ns, reversed_ends(ends), cookie or None, state, reason, flags)


def _ends(family: int, first: bytes, second: bytes, ports: bytes) -> bytes:
    if family == AF_INET:
        return first[:4] + second[:4] + ports
    ends, _ = socket_ends(first, second, ports)
    return ends
