"""Segments in a notation like packetdrill's, so that tests read as wire traces.

    +10 > S.  0:0(0) ack 1 win 64240 <mss 1460,wscale 7>

Milliseconds since the segment before (1 where not given); `>` from the initiator, `<` to it; flags (`S F R P U`, `.`
for ACK, `-` for none); sequence numbers counted from the sender's ISN, with the payload's length in parentheses; the
acknowledgment counted from the other end's ISN; window; options.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from tcpwatch.wire.segment import ACK, FIN, PSH, RST, SYN, URG, Segment, reversed_ends
from tests.builders import CLIENT, SERVER, ends

CLIENT_FIRST = ends(CLIENT, SERVER)
MILLISECOND = 1_000_000
START_NS = 1_700_000_000 * 1_000_000_000
WINDOW = 512
ISNS = (1_000, 5_000)

FLAGS = {"S": SYN, "F": FIN, "R": RST, "P": PSH, "U": URG, ".": ACK, "-": 0}
OPTIONS: dict[str, Callable[[str], bytes]] = {
    "mss": lambda value: b"\x02\x04" + int(value).to_bytes(2),
    "wscale": lambda value: b"\x03\x03" + bytes([int(value)]),
    "ts": lambda value: b"\x01\x01\x08\x0a" + b"".join(int(number).to_bytes(4) for number in value.split()),
    "sackOK": lambda _value: b"\x04\x02",
    "fo": lambda value: b"\x22" + bytes([2 + len(value) // 2]) + bytes.fromhex(value),
    "mptcp": lambda value: b"\x1e\x03" + bytes([int(value) << 4]),
}
LINE = re.compile(
    r"(?:\+(?P<after>[\d.]+) +)?(?P<way>[<>]) +(?P<flags>[SFRPU.-]+) +(?P<seq>-?\d+)(?::-?\d+)?\((?P<length>\d+)\)"
    r"(?: +ack +(?P<ack>-?\d+))?(?: +win +(?P<window>\d+))?(?: +<(?P<options>[^>]*)>)?\s*"
)


def segments(lines: Iterable[str], isns: tuple[int, int] = ISNS, start_ns: int = START_NS) -> Iterator[Segment]:
    """The segments that the lines stand for."""
    time_ns = start_ns
    for frame, line in enumerate(lines, 1):
        match = LINE.fullmatch(line.strip())
        assert match, f"not a segment: {line!r}"
        time_ns += round(float(match["after"] or 1) * MILLISECOND)
        yield _segment(frame, time_ns, match, isns)


def _segment(frame: int, time_ns: int, match: re.Match[str], isns: tuple[int, int]) -> Segment:
    side = "><".index(match["way"])
    flags = sum(FLAGS[letter] for letter in match["flags"])
    length = int(match["length"])
    return Segment(
        frame=frame,
        time_ns=time_ns,
        ends=reversed_ends(CLIENT_FIRST) if side else CLIENT_FIRST,
        seq=(isns[side] + int(match["seq"])) % (1 << 32),
        ack=(isns[1 - side] + int(match["ack"])) % (1 << 32) if match["ack"] else 0,
        flags=flags,
        window=int(match["window"] or WINDOW),
        length=length,
        option_bytes=b"".join(_options(match["options"] or "")),
        payload=bytes(length),
    )


def _options(text: str) -> Iterator[bytes]:
    for option in filter(None, text.split(",")):
        name, _, value = option.strip().partition(" ")
        yield OPTIONS[name](value)
