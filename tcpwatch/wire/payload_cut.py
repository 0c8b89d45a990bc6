"""Frames without what their users wrote: cut behind the TCP header and the first line, as a snaplen does.

Rule: what is not understood is left out, never passed on. The first line is the one that an end begins its connection
with, or an HTTP message its own; what is no line of text, or has no end, is not kept. Lengths stay true.
"""

from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.files.record import Record
from tcpwatch.wire.icmp import read_icmp_error
from tcpwatch.wire.payload import FIRST_LINE
from tcpwatch.wire.segment import SYN, Segment

LONGEST_LINE = 256
MOST_CONNECTIONS = 65_536
SEQ_SPACE = 1 << 32


class PayloadCutter:
    """Cuts the frames of one capture, in their order; `left_out` of them had no TCP header to cut behind."""

    def __init__(self) -> None:
        self.left_out = 0
        self._decoder = Decoder(LONGEST_LINE)
        self._begins: dict[bytes, int] = {}  # ends of the sender of a SYN: the number of its first byte of data

    def cut(self, frame: Record) -> Record | None:
        """The frame up to there; None where it is left out."""
        time_ns, link_type, data, wire_length = frame
        segment = self._decoder.decode(1, time_ns, link_type, data, wire_length)
        end = self._end(data, segment) if segment is not None else _end_of_error(frame)
        if end is None:
            self.left_out += 1
            return None
        return time_ns, link_type, data[:end], wire_length

    def _end(self, data: bytes, segment: Segment) -> int | None:
        """Where the frame is cut; None where the header is not in it, as with the last of several fragments."""
        if segment.flags & SYN:
            if len(self._begins) >= MOST_CONNECTIONS:
                self._begins.clear()
            self._begins[segment.ends] = (segment.seq + 1) % SEQ_SPACE
        if segment.options_cut:
            return len(data)
        begin = segment.ends[-4:] + segment.seq.to_bytes(4) + segment.ack.to_bytes(4)
        if (header_at := data.find(begin)) < 0:
            return None
        payload_at = header_at + (data[header_at + len(begin)] >> 4) * 4
        if payload_at > len(data) or not data.startswith(segment.payload, payload_at):
            return None
        return payload_at + self._length_of_line(segment)

    def _length_of_line(self, segment: Segment) -> int:
        first = segment.seq == self._begins.get(segment.ends)
        if not first and FIRST_LINE.match(segment.payload) is None:
            return 0
        line, end, _ = segment.payload[:LONGEST_LINE].partition(b"\n")
        return len(line + end) if end and is_text(line) else 0


def is_text(line: bytes) -> bool:
    """Whether the line has nothing but characters that can be read."""
    try:
        return line.decode().replace("\t", " ").removesuffix("\r").isprintable()
    except UnicodeDecodeError:
        return False


def _end_of_error(frame: Record) -> int | None:
    """Behind the ports and the sequence number that an ICMP error quotes; None of any other frame."""
    if (error := read_icmp_error(*frame)) is None:
        return None
    quoted = error.ends[-4:] + error.seq.to_bytes(4)
    at = frame[2].find(quoted)
    return at + len(quoted) if at >= 0 else None
