import socket
from collections.abc import Iterator

import pytest

from tcpwatch.errors import TcpwatchError
from tcpwatch.lab import raw
from tcpwatch.lab.raw import Flag, RawSegment, RawWire, checksum, decode_segment, encode_segment

SYN = RawSegment(40_000, 9999, 7, 0, Flag.SYN)


def datagram(segment: bytes, source: str = "127.0.0.1", options: bytes = b"") -> bytes:
    header = bytes([0x45 + len(options) // 4]) + bytes(11) + socket.inet_aton(source) + bytes(4)
    return header + options + segment


def test_checksum_of_the_example_in_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF ^ 0xDDF2


def test_checksum_pads_an_odd_byte() -> None:
    assert checksum(b"\x01") == checksum(b"\x01\x00")


@pytest.mark.parametrize("payload", [b"", b"odd", b"even"])
def test_encode_gives_a_segment_whose_sum_is_zero(payload: bytes) -> None:
    segment = encode_segment(SYN._replace(payload=payload))
    pseudo = socket.inet_aton("127.0.0.1") * 2 + bytes([0, 6]) + len(segment).to_bytes(2)
    assert checksum(pseudo + segment) == 0


def test_encode_wraps_numbers() -> None:
    sent = SYN._replace(seq=2**32 + 1, ack=2**32 + 2)
    assert decode_segment(datagram(encode_segment(sent)))[2:4] == (1, 2)


def test_decode_what_was_encoded() -> None:
    sent = RawSegment(1, 2, 3, 4, Flag.PSH | Flag.ACK, b"data", "127.0.1.9")
    assert decode_segment(datagram(encode_segment(sent), "127.0.1.9")) == sent


def test_decode_passes_over_options() -> None:
    plain = bytearray(encode_segment(SYN._replace(payload=bytes(4) + b"data")))
    plain[12] = 6 << 4  # the first four bytes of the payload are options now
    assert decode_segment(datagram(bytes(plain), options=bytes(8))).payload == b"data"


@pytest.fixture
def wire() -> Iterator[RawWire]:
    try:
        opened = RawWire()
    except PermissionError:
        pytest.skip("needs CAP_NET_RAW")
    yield opened
    opened.close()


@pytest.mark.e2e
def test_wire_refused_by_a_real_kernel(wire: RawWire, port: int) -> None:
    wire.send(SYN._replace(destination_port=port))
    answer = wire.hear(lambda heard: heard.source_port == port)
    assert answer == RawSegment(port, 40_000, 0, 8, Flag.RST | Flag.ACK)


@pytest.mark.e2e
def test_wire_sends_from_another_address(wire: RawWire, port: int) -> None:
    wire.send(SYN._replace(destination_port=port, source="127.0.1.9"))
    assert wire.hear(lambda heard: heard.destination_port == port).source == "127.0.1.9"


@pytest.mark.e2e
@pytest.mark.parametrize(("words", "ttl"), [((), 64), ((57,), 57)], ids=["as Linux", "as asked"])
def test_wire_sends_with_a_ttl(wire: RawWire, port: int, words: tuple[int, ...], ttl: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as heard:
        heard.settimeout(5)
        wire.send(SYN._replace(destination_port=port), *words)
        while decode_segment(datagram := heard.recv(100)).destination_port != port:
            pass
    assert datagram[8] == ttl


@pytest.mark.e2e
def test_wire_that_stays_silent(wire: RawWire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "HEARD_WITHIN_S", 0.05)
    with pytest.raises(TcpwatchError, match="loopback stayed silent"):
        wire.hear(lambda heard: False)
