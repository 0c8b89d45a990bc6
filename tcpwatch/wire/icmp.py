"""ICMP errors about a TCP segment (RFC 792, RFC 4443): what they say, and the beginning of the segment that they quote.

Rule: as everywhere in this package, no bytes make it raise. At least the ports and the sequence number are quoted
(RFC 792; RFC 1812 §4.3.2.3 asks for more). The sender of such an error is not authenticated.
"""

import struct
from dataclasses import dataclass
from struct import Struct

from tcpwatch.wire.ip import TCP, Datagram, read_datagram
from tcpwatch.wire.ip_extensions import EXTENSIONS, MAX_EXTENSIONS
from tcpwatch.wire.layer import IPV4, IPV6, UndecodableError
from tcpwatch.wire.link import network_layer
from tcpwatch.wire.segment import IPV4_ENDS, Endpoint, endpoints

ICMP, ICMPV6 = 1, 58  # https://www.iana.org/assignments/protocol-numbers
QUOTED = {ICMP: IPV4, ICMPV6: IPV6}
HEADER = Struct("!BB2xI")  # type, code, checksum, what the type makes of it
QUOTED_TCP = Struct("!4sI")  # ports, sequence number

DESTINATION_UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM = 3, 11, 12
FRAGMENTATION_NEEDED = (DESTINATION_UNREACHABLE, 4)
V6_UNREACHABLE, V6_TOO_BIG, V6_TIME_EXCEEDED, V6_PARAMETER_PROBLEM = 1, 2, 3, 4
ERRORS = {
    ICMP: (DESTINATION_UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM),
    ICMPV6: (V6_UNREACHABLE, V6_TOO_BIG, V6_TIME_EXCEEDED, V6_PARAMETER_PROBLEM),
}

# https://www.iana.org/assignments/icmp-parameters and icmpv6-parameters, as a sentence has it.
WORDS_V4 = {
    (3, 0): "network unreachable",
    (3, 1): "host unreachable",
    (3, 2): "protocol unreachable",
    (3, 3): "port unreachable",
    (3, 4): "fragmentation needed",
    (3, 5): "source route failed",
    (3, 6): "network unknown",
    (3, 7): "host unknown",
    (3, 9): "network administratively prohibited",
    (3, 10): "host administratively prohibited",
    (3, 11): "network unreachable for this type of service",
    (3, 12): "host unreachable for this type of service",
    (3, 13): "administratively prohibited",
    (11, 0): "time to live exceeded in transit",
    (11, 1): "fragment reassembly time exceeded",
}
WORDS_V6 = {
    (1, 0): "no route to destination",
    (1, 1): "administratively prohibited",
    (1, 2): "beyond scope of source address",
    (1, 3): "address unreachable",
    (1, 4): "port unreachable",
    (1, 5): "source address failed ingress/egress policy",
    (1, 6): "route to destination rejected",
    (2, 0): "packet too big",
    (3, 0): "hop limit exceeded in transit",
    (3, 1): "fragment reassembly time exceeded",
}


@dataclass(frozen=True, slots=True)
class IcmpError:
    """An error about a segment with these `ends`, as its sender sent it, and this sequence number.

    `kind` and `code` are those of ICMP, or of ICMPv6 where `ends` are IPv6. `reporter` is the address that sent the
    error. `mtu` is what would fit, where that is the error and the reporter tells it.
    """

    time_ns: int
    kind: int
    code: int
    reporter: str
    ends: bytes
    seq: int
    mtu: int | None = None

    @property
    def ipv6(self) -> bool:
        """Whether it is ICMPv6."""
        return len(self.ends) != IPV4_ENDS

    @property
    def too_big(self) -> bool:
        """Whether the segment was too large for the path: what path MTU discovery lives on (RFC 1191, RFC 8201)."""
        return self.kind == V6_TOO_BIG if self.ipv6 else (self.kind, self.code) == FRAGMENTATION_NEEDED

    @property
    def words(self) -> str:
        """What it says: `fragmentation needed`; of a code without a name the numbers."""
        table, name = (WORDS_V6, "ICMPv6") if self.ipv6 else (WORDS_V4, "ICMP")
        return table.get((self.kind, self.code), f"{name} type {self.kind} code {self.code}")

    @property
    def sender(self) -> Endpoint:
        """The end that sent the segment: whom the error is for."""
        return endpoints(self.ends)[0]


def read_icmp_error(time_ns: int, link_type: int, data: bytes, wire_length: int) -> IcmpError | None:
    """The error in a frame; None of any other frame, and where no TCP segment, or none whole, is quoted."""
    try:
        ethertype, offset, end = network_layer(link_type, data, wire_length, [])
        carrier = _beyond_extensions(read_datagram(ethertype, data, offset, end))
        if carrier.protocol not in QUOTED or carrier.fragment is not None:
            return None
        kind, code, rest = HEADER.unpack_from(carrier.data, carrier.start)
        if kind not in ERRORS[carrier.protocol]:
            return None
        quoted = _beyond_extensions(
            read_datagram(QUOTED[carrier.protocol], carrier.data, carrier.start + HEADER.size, len(carrier.data))
        )
        if quoted.protocol != TCP or (quoted.fragment is not None and quoted.fragment.offset):
            return None
        ports, seq = QUOTED_TCP.unpack_from(quoted.data, quoted.start)
    except (UndecodableError, struct.error):
        return None
    reporter = carrier.addresses[: len(carrier.addresses) // 2]
    found = IcmpError(time_ns, kind, code, _address(reporter), quoted.addresses + ports, seq)
    return _with_mtu(found, rest) if found.too_big else found


def _with_mtu(error: IcmpError, rest: int) -> IcmpError:
    """RFC 1191 §4: the lower half of the word, 0 by a router from before; RFC 4443 §3.2: all of it."""
    mtu = rest if error.ipv6 else rest & 0xFFFF
    return IcmpError(error.time_ns, error.kind, error.code, error.reporter, error.ends, error.seq, mtu or None)


def _beyond_extensions(datagram: Datagram) -> Datagram:
    """Skip extension headers, up to a fragment's; nothing is put together, and no part of an error comes in pieces."""
    for _ in range(MAX_EXTENSIONS):
        extension = EXTENSIONS.get(datagram.protocol)
        if extension is None or datagram.fragment is not None:
            break
        extension(datagram)
    return datagram


def _address(packed: bytes) -> str:
    return endpoints(packed * 2 + bytes(4))[0].ip
