"""Frames for tests, from the outside in: each helper wraps what it is given, with one plain default for the rest."""

from ipaddress import ip_address
from struct import pack

from tcpwatch.wire.segment import ACK

CLIENT = "10.0.0.1"
SERVER = "10.0.0.2"
CLIENT_6 = "2001:db8::1"
SERVER_6 = "2001:db8::2"

TCP = 6
IPV4 = 0x0800
IPV6 = 0x86DD


def tcp(
    payload: bytes = b"",
    *,
    sport: int = 40000,
    dport: int = 80,
    seq: int = 1000,
    ack: int = 5000,
    flags: int = ACK,
    window: int = 512,
    options: bytes = b"",
    data_offset: int | None = None,
) -> bytes:
    """A TCP header and its payload; `options` are a multiple of four bytes long."""
    words = 5 + len(options) // 4 if data_offset is None else data_offset
    header = pack("!HHIIHHHH", sport, dport, seq, ack, words << 12 | flags, window, 0, 0)
    return header + options + payload


def ipv4(
    body: bytes,
    *,
    src: str = CLIENT,
    dst: str = SERVER,
    protocol: int = TCP,
    options: bytes = b"",
    total_length: int | None = None,
    ident: int = 7,
    fragment: int = 0,
) -> bytes:
    """An IPv4 datagram; `fragment` is the whole 16-bit field: flags, and the offset in eights."""
    header_length = 20 + len(options)
    length = header_length + len(body) if total_length is None else total_length
    fields = pack("!BBHHHBBH", 0x40 | header_length // 4, 0, length, ident, fragment, 64, protocol, 0)
    return fields + ip_address(src).packed + ip_address(dst).packed + options + body


def ipv6(
    body: bytes,
    *,
    src: str = CLIENT_6,
    dst: str = SERVER_6,
    next_header: int = TCP,
    payload_length: int | None = None,
) -> bytes:
    """An IPv6 datagram; extension headers are a part of `body`."""
    length = len(body) if payload_length is None else payload_length
    return pack("!IHBB", 6 << 28, length, next_header, 64) + ip_address(src).packed + ip_address(dst).packed + body


def ethernet(body: bytes, ethertype: int = IPV4) -> bytes:
    """An Ethernet frame without its check sequence."""
    return bytes.fromhex("0200000000020200 00000001") + pack("!H", ethertype) + body


def tcp_frame(payload: bytes = b"", *, src: str = CLIENT, dst: str = SERVER, **fields: int | bytes) -> bytes:
    """An Ethernet frame with one TCP segment, IPv4 or IPv6 as the addresses are; `fields` are those of `tcp`."""
    segment = tcp(payload, **fields)  # type: ignore[arg-type]
    if ":" in src:
        return ethernet(ipv6(segment, src=src, dst=dst), IPV6)
    return ethernet(ipv4(segment, src=src, dst=dst))


def too_big(mtu: int, quoted: bytes, *, reporter: str = "10.0.9.9") -> bytes:
    """An Ethernet frame with a router's "fragmentation needed" to the client, about a segment from it to the server."""
    return ethernet(ipv4(pack("!BBHI", 3, 4, 0, mtu) + ipv4(quoted), src=reporter, dst=CLIENT, protocol=1))
