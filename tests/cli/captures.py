"""Small captures for the command to read."""

from io import BytesIO

from tcpwatch.capture.frame import Frame
from tcpwatch.wire.files.capture_file import PcapngWriter
from tcpwatch.wire.link import LINKTYPE_ETHERNET
from tcpwatch.wire.segment import ACK, FIN, PSH, SYN
from tests.wire.frames import CLIENT, SERVER, tcp_frame


def conversation(port: int = 80, sport: int = 40000) -> list[bytes]:
    """A connection: opened, one request answered, closed by its client with three segments."""
    there = {"src": CLIENT, "dst": SERVER, "sport": sport, "dport": port}
    back = {"src": SERVER, "dst": CLIENT, "sport": port, "dport": sport}

    def frame(ends: dict[str, object], flags: int, seq: int, ack: int, payload: bytes = b"") -> bytes:
        return tcp_frame(payload, **ends, flags=flags, seq=seq, ack=ack)  # type: ignore[arg-type]

    return [
        frame(there, SYN, 1000, 0),
        frame(back, SYN | ACK, 5000, 1001),
        frame(there, ACK, 1001, 5001),
        frame(there, PSH | ACK, 1001, 5001, b"GET / HTTP/1.1\r\n\r\n"),
        frame(back, PSH | ACK, 5001, 1019, b"HTTP/1.1 204 No Content\r\n\r\n"),
        frame(there, FIN | ACK, 1019, 5028),
        frame(back, FIN | ACK, 5028, 1020),
        frame(there, ACK, 1020, 5029),
    ]


UDP = bytes(12) + b"\x08\x00\x45" + bytes(8) + b"\x11" + bytes(30)


def as_frames(*packets: bytes) -> list[Frame]:
    """Packets a microsecond apart."""
    return [(number * 1_000, LINKTYPE_ETHERNET, data, len(data)) for number, data in enumerate(packets, 1)]


def pcapng(frames: list[Frame]) -> bytes:
    """A capture file of these frames."""
    file = BytesIO()
    writer = PcapngWriter(file)
    for time_ns, link_type, data, wire_length in frames:
        writer.write("eth0", link_type, time_ns, data, wire_length)
    return file.getvalue()
