"""The Internet checksum (RFC 1071) of a segment, and whether a wrong one tells anything.

Rule: wrong means that a receiver drops it. A sum that the capturing host leaves to its network card is not wrong: the
field then has nothing, or the sum of the pseudo header alone. What was not captured whole is not verified.

The sum of 16-bit words in ones' complement is the number that all bytes together are, modulo 65,535: one operation
without a loop. A right sum gives 0.
"""

from tcpwatch.wire.segment import IPV4_CHECKSUM, TCP_CHECKSUM

ONES = 0xFFFF
TCP = 6
TCP_HEADER_BYTES = 20
PORTS_BYTES = 4
CHECKSUM_AT = 16  # in a TCP header, RFC 9293 §3.1
CHECKSUM_IN_IPV4 = slice(10, 12)  # RFC 791 §3.1
MOST_ENDS = 65_536


class PseudoSums(dict[bytes, int]):
    """The sum of a pseudo header of `Segment.ends`, without the bytes behind a TCP header; kept for the next."""

    def __missing__(self, ends: bytes) -> int:
        if len(self) >= MOST_ENDS:
            self.clear()
        self[ends] = total = (int.from_bytes(ends[:-PORTS_BYTES]) + TCP + TCP_HEADER_BYTES) % ONES
        return total


PSEUDO_SUMS = PseudoSums()


def wrong_checksum(header: bytes, addresses: bytes, data: bytes, start: int, end: int) -> tuple[str, ...]:
    """The checksum that is wrong, as one of `Segment.faults`; none where none is, or none can be verified.

    `header` is that of IPv4, or empty; the TCP segment is `data[start:end]`, between these addresses, if known.
    """
    if header[CHECKSUM_IN_IPV4] != b"\0\0" and int.from_bytes(header) % ONES:
        return (IPV4_CHECKSUM,)
    field = int.from_bytes(data[start + CHECKSUM_AT : start + CHECKSUM_AT + 2])
    if not addresses or not field or end > len(data):
        return ()
    length = end - start
    pseudo = int.from_bytes(addresses) + TCP
    segment = int.from_bytes(data[start:end]) << (8 if length & 1 else 0)
    right = (segment + pseudo + length) % ONES == 0
    # Left to the card, whole or for segmentation offload: include/net/tcp.h, __tcp_v4_send_check; Intel's drivers.
    left_open = (field - pseudo - length) % ONES == 0 or (field - pseudo) % ONES == 0
    return () if right or left_open else (TCP_CHECKSUM,)
