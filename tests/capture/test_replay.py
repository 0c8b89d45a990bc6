import gzip
import os
import threading
from collections.abc import Callable
from io import BytesIO
from itertools import chain
from pathlib import Path

import pytest

from tcpwatch.capture.frame import Frame
from tcpwatch.capture.replay import CaptureFile
from tcpwatch.errors import CaptureFileError, UsageError
from tcpwatch.wire.files.capture_file import PcapngWriter
from tcpwatch.wire.link import LINKTYPE_ETHERNET
from tests.wire.frames import tcp_frame

FRAMES: list[Frame] = [(number, LINKTYPE_ETHERNET, tcp_frame(b"x" * number), 54 + number) for number in range(3)]


def capture(frames: list[Frame] = FRAMES) -> bytes:
    file = BytesIO()
    writer = PcapngWriter(file)
    for time_ns, link_type, data, wire_length in frames:
        writer.write("eth0", link_type, time_ns, data, wire_length)
    return file.getvalue()


def read(name: str | Path, before_read: Callable[[], None] = lambda: None) -> list[Frame]:
    file = CaptureFile(str(name), before_read)
    try:
        return [*chain.from_iterable(file.batches())]
    finally:
        file.close()


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def test_file_gives_its_frames(tmp_path: Path) -> None:
    (tmp_path / "a.pcapng").write_bytes(capture())
    assert read(tmp_path / "a.pcapng") == FRAMES


def test_packed_file_gives_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(capture()))
    assert read(tmp_path / "a") == FRAMES


def test_stdin_is_called_dash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(capture())
    with (tmp_path / "a").open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert read("-") == FRAMES
        assert not stdin.closed


def test_fifo_returns_available_frames_before_blocking(fifo: Path) -> None:
    """The writer goes on only when the reader has told of the first frame and asks for more."""
    asked_again = threading.Event()
    whole, first = capture(), len(capture(FRAMES[:1]))
    seen: list[Frame] = []
    seen_before_each_wait: list[int] = []

    def before_read() -> None:
        seen_before_each_wait.append(len(seen))
        if seen:
            asked_again.set()

    def write() -> None:
        with fifo.open("wb", buffering=0) as pipe:
            pipe.write(whole[:first])
            assert asked_again.wait(5)
            pipe.write(whole[first:])

    writer = threading.Thread(target=write)
    writer.start()
    file = CaptureFile(str(fifo), before_read)
    for frames in file.batches():
        seen.extend(frames)
    file.close()
    writer.join()
    assert seen == FRAMES
    assert 1 in seen_before_each_wait


@pytest.mark.parametrize("name", ["/", "/dev/zero", "/dev/null"])
def test_directory_or_device_is_refused_unread(name: str) -> None:
    with pytest.raises(UsageError, match=rf"^{name} is a d\w+.*, not a capture file$"):
        CaptureFile(name)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.pcap cannot be read: No such file or directory"):
        CaptureFile(str(tmp_path / "none.pcap"))


def test_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(UsageError, match="a␀b cannot be read: embedded null byte"):
        CaptureFile("a\0b")


def test_damage_is_reported_with_the_name_after_earlier_frames(tmp_path: Path) -> None:
    (tmp_path / "cut.pcapng").write_bytes(capture()[:-1])
    batches = CaptureFile(str(tmp_path / "cut.pcapng")).batches()
    assert next(batches) == FRAMES[:2]
    with pytest.raises(CaptureFileError, match=r"cut\.pcapng: block 5 at byte \d+ claims \d+ bytes; the file ends"):
        next(batches)


def test_file_that_fails_while_it_is_read_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.pcapng").write_bytes(capture())
    file = CaptureFile(str(tmp_path / "a.pcapng"))
    file.close()
    with pytest.raises(CaptureFileError, match="can no longer be read"):
        next(file.batches())


def test_share_of_a_file_rises_to_all_and_of_a_pipe_is_not_known(tmp_path: Path, fifo: Path) -> None:
    (tmp_path / "file").write_bytes(capture())
    file = CaptureFile(str(tmp_path / "file"))
    assert file.share == 0
    list(file.batches())
    assert file.share == 1
    file.close()
    writer = os.open(fifo, os.O_RDWR)
    pipe = CaptureFile(str(fifo))
    assert pipe.share is None
    pipe.close()
    os.close(writer)
