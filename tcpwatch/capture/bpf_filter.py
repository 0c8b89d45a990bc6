"""Generates a classic BPF program that accepts TCP frames of certain ports, and ICMP errors about them. Pure.

The program skips VLAN tags, IPv4 options and up to three IPv6 extension headers, unlike libpcap's `tcp port`. Of a
fragmented datagram it accepts the first fragment, because only that has the ports. Of an ICMP error it looks at the
segment that is quoted, which may have IPv4 options and no IPv6 extension headers.
"""

from collections.abc import Sequence
from enum import Enum

from tcpwatch.errors import UsageError

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, k: `struct sock_filter`

MAX_PORTS = 32  # jumps are 8 bits wide, and each port takes two instructions
MAX_VLAN_TAGS = 2
MAX_EXTENSION_HEADERS = 3

# include/uapi/linux/bpf_common.h
LD, LDH, LDB = 0x20, 0x28, 0x30  # A = packet[k], 4, 2 or 1 bytes
LDH_IND, LDB_IND = 0x48, 0x50  # A = packet[X + k]
LD_MEM, ST = 0x60, 0x02
LDX_IMM, TAX, TXA = 0x01, 0x07, 0x87
ADD, ADD_X, AND, LSH = 0x04, 0x0C, 0x54, 0x64
JA, JEQ, JSET = 0x05, 0x15, 0x45
RET = 0x06

# include/uapi/linux/filter.h: loads at these offsets read the kernel's metadata of the frame
SKF_AD_PROTOCOL, SKF_AD_PKTTYPE, SKF_AD_HATYPE = 0xFFFF_F000, 0xFFFF_F004, 0xFFFF_F01C
PACKET_OUTGOING = 4
ARPHRD_LOOPBACK = 772

ETHERTYPE_IPV4, ETHERTYPE_IPV6 = 0x0800, 0x86DD
ETHERTYPES_VLAN = (0x8100, 0x88A8)
IPV4_FRAGMENT_OFFSET, IPV6_FRAGMENT_OFFSET = 0x1FFF, 0xFFF8
IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_FRAGMENT, IPPROTO_ICMPV6 = 1, 6, 44, 58
IPPROTOS_EXTENSION = (0, 60, 43)  # hop-by-hop, destination options, routing

ICMP_ERRORS = (3, 11, 12)  # unreachable, time exceeded, parameter problem (RFC 792)
ICMPV6_INFORMATIONAL = 0x80  # a bit of the type (RFC 4443 §2.1)
ICMP_BYTES, IPV6_BYTES = 8, 40

SCRATCH = 0  # the one cell of scratch memory in use


class Framing(Enum):
    """What comes before the network header."""

    ETHERNET = "an Ethernet header"
    RAW = "nothing"
    COOKED = "nothing, and the kernel tells the EtherType"


class FilterProgram:
    """Instructions with jumps to named labels; `assemble` resolves the names."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, str, str, int]] = []
        self._labels: dict[str, int] = {}

    def label(self, name: str) -> None:
        """Define a label at the next instruction."""
        self._labels[name] = len(self._lines)

    def add(self, code: int, k: int = 0, then: str = "", otherwise: str = "") -> None:
        """Append an instruction; a jump without a label continues with the next instruction."""
        self._lines.append((code, then, otherwise, k))

    def jump(self, label: str) -> None:
        """Append a jump that is always taken."""
        self._lines.append((JA, label, "", 0))

    def assemble(self) -> list[Instruction]:
        """The program with all labels resolved."""
        instructions = []
        for place, (code, then, otherwise, k) in enumerate(self._lines, start=1):
            distance = {name: self._labels[name] - place for name in (then, otherwise) if name} | {"": 0}
            if code == JA:
                instructions.append((code, 0, 0, distance[then]))
            else:
                instructions.append((code, distance[then], distance[otherwise], k))
        return instructions


def tcp_filter(ports: Sequence[int], framing: Framing, snaplen: int) -> list[Instruction]:
    """The program that accepts `snaplen` bytes of each TCP frame with one of `ports` at either end; no ports: all TCP.

    And of each ICMP error about such a frame.

    Raises UsageError for more than `MAX_PORTS` ports.
    """
    if len(ports) > MAX_PORTS:
        raise UsageError(f"{len(ports)} ports are too many for one capture filter: give at most {MAX_PORTS}, or none")
    program = FilterProgram()
    _find_network_header(program, framing)
    _walk_ipv4(program)
    _walk_ipv6(program)
    program.jump("tcp")
    _quoted_in_icmpv6(program)
    _quoted_in_icmp(program)
    program.label("tcp")
    for offset in (0, 2) if ports else ():
        program.add(LDH_IND, offset)
        for port in ports:
            program.add(JEQ, port, then="accept")
    if ports:
        program.jump("reject")
    program.label("accept")
    program.add(RET, snaplen)
    program.label("reject")
    program.add(RET, 0)
    return program.assemble()


def _find_network_header(program: FilterProgram, framing: Framing) -> None:
    """Set X to the offset of the network header and jump to "ipv4" or "ipv6"."""
    if framing is Framing.RAW:
        program.add(LDX_IMM, 0)
        _find_version(program)
        return
    if framing is Framing.COOKED:
        _reject_loopback_copy(program)
        program.add(LDX_IMM, 0)
        _skip_tags_of_outgoing(program)
        program.add(LDH, SKF_AD_PROTOCOL)
    else:
        program.add(LDX_IMM, 14)
        program.add(LDH, 12)
    for tag in range(MAX_VLAN_TAGS):
        program.add(JEQ, ETHERTYPE_IPV4, then="ipv4")
        program.add(JEQ, ETHERTYPE_IPV6, then="ipv6")
        program.add(JEQ, ETHERTYPES_VLAN[0], then=f"tag {tag}")
        program.add(JEQ, ETHERTYPES_VLAN[1], otherwise="reject")
        program.label(f"tag {tag}")
        program.add(LDH_IND, 2)
        _advance_keeping_a(program, 4)
    program.add(JEQ, ETHERTYPE_IPV4, then="ipv4")
    program.add(JEQ, ETHERTYPE_IPV6, then="ipv6", otherwise="reject")


def _find_version(program: FilterProgram) -> None:
    """Go by the version of IP, which is where the frame begins."""
    program.add(LDB, 0)
    program.add(AND, 0xF0)
    program.add(JEQ, 0x40, then="ipv4")
    program.add(JEQ, 0x60, then="ipv6", otherwise="reject")


def _skip_tags_of_outgoing(program: FilterProgram) -> None:
    """A frame that goes out begins with IP, even where its protocol is that of a tag (packet_rcv's network offset)."""
    program.add(LDB, SKF_AD_PKTTYPE)
    program.add(JEQ, PACKET_OUTGOING, otherwise="incoming")
    program.add(LDH, SKF_AD_PROTOCOL)
    program.add(JEQ, ETHERTYPES_VLAN[0], then="tagged")
    program.add(JEQ, ETHERTYPES_VLAN[1], otherwise="incoming")
    program.label("tagged")
    _find_version(program)
    program.label("incoming")


def _reject_loopback_copy(program: FilterProgram) -> None:
    """On loopback every frame appears twice, outgoing and incoming; reject the outgoing copy."""
    program.add(LDH, SKF_AD_HATYPE)
    program.add(JEQ, ARPHRD_LOOPBACK, otherwise="once")
    program.add(LDB, SKF_AD_PKTTYPE)
    program.add(JEQ, PACKET_OUTGOING, then="reject")
    program.label("once")


def _walk_ipv4(program: FilterProgram) -> None:
    """Set X to the offset of the TCP header (RFC 791 §3.1)."""
    program.label("ipv4")
    program.add(LDB_IND, 9)
    program.add(JEQ, IPPROTO_ICMP, then="icmp")
    _skip_ipv4_header(program)
    program.jump("tcp")


def _skip_ipv4_header(program: FilterProgram) -> None:
    """X += the header's length, with A the protocol: reject what is not TCP's beginning."""
    program.add(JEQ, IPPROTO_TCP, otherwise="reject")
    program.add(LDH_IND, 6)
    program.add(JSET, IPV4_FRAGMENT_OFFSET, then="reject")
    _add_ipv4_header(program)


def _add_ipv4_header(program: FilterProgram) -> None:
    program.add(LDB_IND, 0)
    program.add(AND, 0x0F)
    program.add(LSH, 2)
    program.add(ADD_X)
    program.add(TAX)


def _quoted_in_icmp(program: FilterProgram) -> None:
    """Set X to the offset of the TCP header that an ICMP error quotes, with X that of the IPv4 header around it."""
    program.label("icmp")
    program.add(LDH_IND, 6)
    program.add(JSET, IPV4_FRAGMENT_OFFSET, then="reject")
    _add_ipv4_header(program)
    program.add(LDB_IND, 0)
    for kind in ICMP_ERRORS[:-1]:
        program.add(JEQ, kind, then="icmp error")
    program.add(JEQ, ICMP_ERRORS[-1], otherwise="reject")
    program.label("icmp error")
    _advance_keeping_a(program, ICMP_BYTES)
    program.add(LDB_IND, 9)
    _skip_ipv4_header(program)


def _quoted_in_icmpv6(program: FilterProgram) -> None:
    """Set X to the offset of the TCP header that an ICMPv6 error quotes, with X that of the error."""
    program.label("icmpv6")
    program.add(LDB_IND, 0)
    program.add(JSET, ICMPV6_INFORMATIONAL, then="reject")
    program.add(LDB_IND, ICMP_BYTES + 6)
    program.add(JEQ, IPPROTO_TCP, otherwise="reject")
    _advance_keeping_a(program, ICMP_BYTES + IPV6_BYTES)
    program.jump("tcp")


def _walk_ipv6(program: FilterProgram) -> None:
    """Set X to the offset of the TCP header (RFC 8200 §4)."""
    program.label("ipv6")
    program.add(LDB_IND, 6)
    _advance_keeping_a(program, 40)
    for header in range(MAX_EXTENSION_HEADERS):
        program.add(JEQ, IPPROTO_TCP, then="tcp")
        program.add(JEQ, IPPROTO_ICMPV6, then="icmpv6")
        program.add(JEQ, IPPROTO_FRAGMENT, then=f"fragment {header}")
        for protocol in IPPROTOS_EXTENSION[:-1]:
            program.add(JEQ, protocol, then=f"extension {header}")
        program.add(JEQ, IPPROTOS_EXTENSION[-1], otherwise="reject")
        program.label(f"extension {header}")
        program.add(LDB_IND, 0)
        program.add(ST, SCRATCH)
        program.add(LDB_IND, 1)
        program.add(LSH, 3)
        program.add(ADD, 8)
        program.add(ADD_X)
        program.add(TAX)
        program.add(LD_MEM, SCRATCH)
        program.jump(f"next header {header}")
        program.label(f"fragment {header}")
        program.add(LDH_IND, 2)
        program.add(JSET, IPV6_FRAGMENT_OFFSET, then="reject")
        program.add(LDB_IND, 0)
        _advance_keeping_a(program, 8)
        program.label(f"next header {header}")
    program.add(JEQ, IPPROTO_ICMPV6, then="icmpv6")
    program.add(JEQ, IPPROTO_TCP, otherwise="reject")


def _advance_keeping_a(program: FilterProgram, length: int) -> None:
    """X += length. Arithmetic needs A, so A is saved and restored."""
    program.add(ST, SCRATCH)
    program.add(TXA)
    program.add(ADD, length)
    program.add(TAX)
    program.add(LD_MEM, SCRATCH)
