import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest

from tcpwatch.wire.files.capture_file import PcapngWriter, read_records
from tcpwatch.wire.link import LINKTYPE_ETHERNET, LINKTYPE_NULL
from tests.wire.frames import tcp_frame

FRAMES = [
    ("eth0", LINKTYPE_ETHERNET, 1_700_000_000_123_456_789, tcp_frame(b"abc"), 57),
    ("lo0", LINKTYPE_NULL, 1_700_000_000_123_456_790, b"\x02\x00\x00\x00" + tcp_frame(b"d")[14:], 1500),
    ("eth0", LINKTYPE_ETHERNET, 1_700_000_001_000_000_000, tcp_frame(), 54),
]


def recorded() -> bytes:
    file = BytesIO()
    writer = PcapngWriter(file)
    for frame in FRAMES:
        writer.write(*frame)
    return file.getvalue()


def test_frames_are_read_back_to_the_nanosecond() -> None:
    expected = [(time_ns, link_type, data, wire_length) for _, link_type, time_ns, data, wire_length in FRAMES]
    assert list(read_records(BytesIO(recorded()))) == expected


def test_interface_is_declared_once() -> None:
    assert (recorded().count(b"eth0"), recorded().count(b"lo0")) == (1, 1)


def test_block_reaches_the_file_in_one_piece() -> None:
    class Pieces(BytesIO):
        pieces: list[bytes]

        def write(self, piece: bytes) -> int:  # type: ignore[override]
            self.pieces = [*getattr(self, "pieces", []), bytes(piece)]
            return super().write(piece)

    file = Pieces()
    PcapngWriter(file).write(*FRAMES[0])
    assert [int.from_bytes(piece[4:8], "little") for piece in file.pieces] == [len(piece) for piece in file.pieces]


@pytest.mark.e2e
@pytest.mark.parametrize("command", [["capinfos"], ["tcpdump", "-nr"], ["tshark", "-nr"]], ids=lambda words: words[0])
def test_recording_is_accepted_by(command: list[str], tmp_path: Path) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    path = tmp_path / "recorded.pcapng"
    file = BytesIO()
    writer = PcapngWriter(file)
    for name in ("eth0", "eth1"):
        writer.write(name, LINKTYPE_ETHERNET, 1_700_000_000_123_456_789, tcp_frame(b"abc"), 57)
    path.write_bytes(file.getvalue())
    done = subprocess.run([*command, path], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
