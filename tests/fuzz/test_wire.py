"""The fuzz targets: briefly under Hypothesis always; under atheris for longer with `python -m tests.fuzz`."""

import random
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.wire.files.capture_file import PcapngWriter
from tcpwatch.wire.link import LINKTYPE_ETHERNET
from tests.fuzz.targets import TARGETS, fuzz_file
from tests.wire.captures import pcap_header, pcap_record
from tests.wire.frames import CLIENT_6, SERVER_6, tcp_frame

ROUNDS = 200
FLIP_SHARE = 0.02  # of the bytes, as Wireshark's own fuzzing has it

FRAMES = [
    tcp_frame(b"GET / HTTP/1.1\r\n", options=b"\x02\x04\x05\xb4\x01\x03\x03\x07"),
    tcp_frame(b"\x16\x03\x01\x00\x20\x01\x00\x00\x1c\x03\x03" + bytes(26), src=CLIENT_6, dst=SERVER_6),
    tcp_frame(b"0010HELLOWORLD", options=b"\x01\x01\x05\x0a" + bytes(8)),
]


def pcapng() -> bytes:
    file = BytesIO()
    writer = PcapngWriter(file)
    for frame in FRAMES:
        writer.write("eth0", LINKTYPE_ETHERNET, 1_700_000_000_000_000_000, frame, len(frame))
    return file.getvalue()


SEEDS = {"pcap": pcap_header() + b"".join(map(pcap_record, FRAMES)), "pcapng": pcapng()}


@pytest.mark.parametrize("target", TARGETS)
@given(content=st.binary(max_size=600))
def test_target_survives_arbitrary_bytes(target: Callable[[bytes], None], content: bytes) -> None:
    target(content)


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
def test_file_survives_flipped_bytes(seed: bytes) -> None:
    dice = random.Random(20)
    for _ in range(ROUNDS):
        fuzz_file(bytes(dice.randrange(256) if dice.random() < FLIP_SHARE else byte for byte in seed))
