import gzip
from io import BytesIO

import pytest

from tcpwatch.errors import CaptureFileError
from tcpwatch.wire.files import byte_reader as stream_module
from tcpwatch.wire.files.byte_reader import ByteStream


class Pipe(BytesIO):
    """Gives at most `piece` bytes at a time, as a pipe may."""

    def __init__(self, content: bytes, piece: int) -> None:
        super().__init__(content)
        self._piece = piece

    def read1(self, size: int | None = -1) -> bytes:
        return super().read(self._piece)


def read_all(stream: ByteStream, step: int = 7) -> bytes:
    """Every byte, `step` of them at a time."""
    content = b""
    while held := stream.fill(step):
        taken = min(held, step)
        assert stream.offset == len(content)
        content += stream.buffer[stream.at : stream.at + taken]
        stream.at += taken
    return content


@pytest.mark.parametrize("piece", [1, 5, 1000])
def test_pipe_is_read_to_its_end(piece: int) -> None:
    content = bytes(range(250))
    assert read_all(ByteStream(Pipe(content, piece))) == content


def test_fill_returns_what_is_left_at_the_end() -> None:
    stream = ByteStream(BytesIO(b"abc"))
    assert stream.fill(10) == 3


def test_fill_reads_only_as_much_as_needed() -> None:
    pipe = Pipe(bytes(100), 10)
    ByteStream(pipe).fill(15)
    assert pipe.tell() == 20


@pytest.mark.parametrize("piece", [1, 5, 1000])
def test_gzip_is_unpacked(piece: int) -> None:
    content = bytes(range(250)) * 40
    packed = gzip.compress(content[:3000]) + gzip.compress(content[3000:])
    assert read_all(ByteStream(Pipe(packed, piece)), step=999) == content


def test_gzip_truncated_gives_the_bytes_before_the_end() -> None:
    stream = ByteStream(BytesIO(gzip.compress(b"abcdef")[:-8]))
    assert stream.fill(6) == 6
    with pytest.raises(CaptureFileError, match="cut short"):
        stream.fill(7)


def test_gzip_damaged() -> None:
    packed = bytearray(gzip.compress(bytes(1000)))
    packed[10:] = b"\xff" * len(packed[10:])
    with pytest.raises(CaptureFileError, match="gzip data is damaged"):
        ByteStream(BytesIO(bytes(packed))).fill(1)


def test_gzip_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "MAX_INFLATED_BYTES", 100_000)
    stream = ByteStream(BytesIO(gzip.compress(bytes(1 << 20))))
    with pytest.raises(CaptureFileError, match="unpacks to more than 100,000 bytes"):
        stream.fill(1 << 20)
