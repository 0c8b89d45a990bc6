"""One TCP segment: RFC 9293's SEG.* variables as on the wire.

Rule: a Segment has only wire values. Derived values (relative numbers, scaled windows, steps, states) are computed by
the tracker and never written back.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address
from typing import NamedTuple, Self

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE = (1 << bit for bit in range(9))
FLAG_WORDS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE")

TCP_CHECKSUM, IPV4_CHECKSUM, INVALID_TIME = "TCP checksum", "IPv4 checksum", "time"

IPV4_BYTES = 4
IPV4_ENDS = 12
IPV4_LOOPBACK, IPV6_LOOPBACK = b"\x7f", bytes(15) + b"\1"


class Endpoint(NamedTuple):
    """One end of a connection: address as text, port."""

    ip: str
    port: int

    @property
    def zone(self) -> str:
        """The interface within which alone the address holds (RFC 4007 §11); empty where there is none."""
        return ""

    @property
    def host(self) -> str:
        """The address, with its zone."""
        return f"{self.ip}%{self.zone}" if self.zone else self.ip

    def __str__(self) -> str:
        """As `ss` has it: `127.0.0.1:80`, `[fe80::1]%eth0:80`."""
        address = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{address}%{self.zone}:{self.port}" if self.zone else f"{address}:{self.port}"


class ZonedEndpoint(Endpoint):
    """An end that holds for one interface. The zone is not part of its value: it equals the end without it."""

    _zone: str

    @classmethod
    def of(cls, end: Endpoint, zone: str) -> Self:
        """The same end within this zone."""
        zoned = cls(*end)
        zoned._zone = zone
        return zoned

    @property
    def zone(self) -> str:
        """The interface."""
        return self._zone


@dataclass(slots=True)
class Segment:
    """One TCP segment.

    `ends` is source address, destination address, source port, destination port, as in the headers: 12 bytes for IPv4,
    36 for IPv6. Segments, flows and sockets are matched by it. `length` is the payload length on the wire; `payload` is
    the captured part. `options_cut`: the capture ends before the end of the options. `vlan`: the ids of the VLAN tags
    before the innermost IP header, outer first. `link`: the number of the interface on which the frame was captured, 0
    where that is not known, and on loopback. `way`: the TTL and id of the IPv4 header, or IPv6's hop limit and None; it
    is None where they were not read. `faults`: what is wrong with it as it was captured, of the constants above;
    nothing where a checksum cannot be verified.
    """

    frame: int
    time_ns: int
    ends: bytes
    seq: int
    ack: int
    flags: int
    window: int
    length: int
    option_bytes: bytes
    payload: bytes
    options_cut: bool = False
    vlan: tuple[int, ...] = ()
    link: int = 0
    way: tuple[int, int | None] | None = None
    faults: tuple[str, ...] = ()

    @property
    def damaged(self) -> str | None:
        """The checksum for which a receiver drops it."""
        return next((fault for fault in self.faults if fault != INVALID_TIME), None)

    @property
    def source(self) -> Endpoint:
        """The end that sent this segment."""
        return endpoints(self.ends)[0]

    @property
    def destination(self) -> Endpoint:
        """The end to which this segment was sent."""
        return endpoints(self.ends)[1]


def reversed_ends(ends: bytes) -> bytes:
    """The same ends, the other one first."""
    ports = len(ends) - 4
    middle = ports // 2
    return ends[middle:ports] + ends[:middle] + ends[ports + 2 :] + ends[ports : ports + 2]


def is_loopback(ends: bytes) -> bool:
    """Whether the first end has a loopback address (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3)."""
    return ends.startswith(IPV4_LOOPBACK if len(ends) == IPV4_ENDS else IPV6_LOOPBACK)


@lru_cache(maxsize=65_536)
def endpoints(ends: bytes) -> tuple[Endpoint, Endpoint]:
    """Both ends as text and number, in the order of `ends`."""
    ports = len(ends) - 4
    middle = ports // 2
    return (
        Endpoint(_address(ends[:middle]), int.from_bytes(ends[ports : ports + 2])),
        Endpoint(_address(ends[middle:ports]), int.from_bytes(ends[ports + 2 :])),
    )


def _address(packed: bytes) -> str:
    return ".".join(map(str, packed)) if len(packed) == IPV4_BYTES else str(IPv6Address(packed))


@lru_cache(maxsize=512)
def flag_names(flags: int) -> str:
    """`"SYN,ACK"` for 0x12; empty if no flag is set."""
    return ",".join(word for bit, word in enumerate(FLAG_WORDS) if flags >> bit & 1)
