"""A capture to measure with: hundreds of conversations side by side, each with its handshake, data both ways, now and
then a segment that is lost and sent again, and its close. The same bytes every time.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from struct import Struct

from tcpwatch.lab.raw import checksum
from tcpwatch.wire.files.capture_file import PcapngWriter
from tcpwatch.wire.link import LINKTYPE_ETHERNET
from tcpwatch.wire.segment import ACK, FIN, PSH, SYN

SIDE_BY_SIDE = 500
SNAPLEN = 256
START_NS = 1_700_000_000 * 10**9
STEP_NS = 25_000
SERVER_PORT = 9999  # without a dissector of its own: the peer is not slowed by one
MSS = 1448
LOSS = 0.005
MASK = 0xFFFF_FFFF

ETHERNET = bytes.fromhex("000000000000 000000000000 0800")
IPV4 = Struct("!BBHHHBBH 4s4s")
IPV4_SUM_AT = 10
TCP = Struct("!HHIIHHHH")
TCP_SUM_AT = 16
PSEUDO = Struct("!HH")
TIMESTAMPS = Struct("!HBBII")
SYN_OPTIONS = bytes.fromhex("020405b4 0402 0103 0307 0101")  # MSS 1460, SACK permitted, window scale 7

Frame = tuple[bytes, int]  # what is captured of it, its length on the wire


class End:
    """One end of a conversation: its address, its port, and the next number it sends."""

    def __init__(self, address: bytes, port: int, isn: int) -> None:
        self.address = address
        self.port = port
        self.nxt = isn
        self.clock = isn >> 8


def frame(source: End, destination: End, flags: int, length: int = 0, seq: int | None = None) -> Frame:
    """A segment of `length` zeros; `seq` where it is not the next."""
    if seq is None:
        seq = source.nxt
        source.nxt = (seq + length + (1 if flags & (SYN | FIN) else 0)) & MASK
    source.clock += 1
    options = TIMESTAMPS.pack(0x0101, 8, 10, source.clock & MASK, destination.clock & MASK) + (
        SYN_OPTIONS if flags & SYN else b""
    )
    header_length = TCP.size + len(options)
    ack = destination.nxt if flags & ACK else 0
    tcp = TCP.pack(source.port, destination.port, seq, ack, header_length << 10 | flags, 501, 0, 0) + options
    pseudo = source.address + destination.address + PSEUDO.pack(6, header_length + length)
    tcp = _with_sum(tcp, TCP_SUM_AT, pseudo + tcp)  # zeros add nothing to it
    ip = IPV4.pack(0x45, 0, 20 + header_length + length, 0, 0x4000, 64, 6, 0, source.address, destination.address)
    headers = ETHERNET + _with_sum(ip, IPV4_SUM_AT, ip) + tcp
    return (headers + bytes(min(length, SNAPLEN)))[:SNAPLEN], 34 + header_length + length


def _with_sum(header: bytes, at: int, summed: bytes) -> bytes:
    return header[:at] + checksum(summed).to_bytes(2) + header[at + 2 :]


def conversation(number: int, chance: random.Random) -> Iterator[Frame]:
    """A client that asks a few times, and a server that answers at length."""
    client = End(b"\x0a" + (number // 20_000).to_bytes(3), 20_000 + number % 20_000, chance.getrandbits(32))
    server = End(b"\xc0\xa8\0\1", SERVER_PORT, chance.getrandbits(32))
    yield frame(client, server, SYN)
    yield frame(server, client, SYN | ACK)
    yield frame(client, server, ACK)
    for _ in range(chance.randint(1, 20)):
        yield frame(client, server, PSH | ACK, chance.randint(20, 600))
        yield from answer(server, client, chance)
    yield frame(client, server, FIN | ACK)
    yield frame(server, client, FIN | ACK)
    yield frame(client, server, ACK)


def answer(server: End, client: End, chance: random.Random) -> Iterator[Frame]:
    """Full segments, every second one acknowledged; the one that is lost is asked for again and again."""
    for _ in range(chance.randint(1, 6)):
        yield frame(server, client, ACK, MSS)
        if chance.random() < LOSS:
            lost, before = server.nxt, server.nxt
            server.nxt = (lost + MSS) & MASK
            for _ in range(3):
                segment = frame(server, client, ACK, MSS)
                server.nxt, after = before, server.nxt
                yield segment
                yield frame(client, server, ACK)
                server.nxt = after
            yield frame(server, client, ACK, MSS, seq=lost)
        else:
            yield frame(server, client, PSH | ACK, chance.randint(1, MSS))
        yield frame(client, server, ACK)


def frames(count: int) -> Iterator[Frame]:
    """The first `count` frames of all conversations, taken by turns at random."""
    chance = random.Random(9293)
    running = [conversation(number, chance) for number in range(SIDE_BY_SIDE)]
    begun = SIDE_BY_SIDE
    while count:
        turn = int(chance.random() * SIDE_BY_SIDE)
        segment = next(running[turn], None)
        if segment is None:
            running[turn] = conversation(begun, chance)
            begun += 1
        else:
            yield segment
            count -= 1


def write_capture(path: Path, count: int) -> None:
    """Write a pcapng file of `count` frames."""
    with path.open("wb") as file:
        writer = PcapngWriter(file)
        time_ns = START_NS
        for data, wire_length in frames(count):
            writer.write("eth0", LINKTYPE_ETHERNET, time_ns, data, wire_length)
            time_ns += STEP_NS
