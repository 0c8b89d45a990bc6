import io
import os
from pathlib import Path

import pytest

from tcpwatch.cli.progress import CLEAR, Progress, why_it_waits

MS = 1_000_000


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def output_at(stream: io.StringIO, *moments_ms: int) -> str:
    """What is written where 1,000 frames more have been read at each moment."""
    moments = iter((0, *(moment * MS for moment in moments_ms)))
    with Progress("big.pcap", stream, lambda: next(moments)) as progress:
        for number, _ in enumerate(moments_ms, 1):
            progress.tell(1_000 * number)
    return stream.getvalue()


def test_long_reading_is_told_five_times_a_second_and_cleared() -> None:
    line = f"{CLEAR}tcpwatch: reading big.pcap: %s frames so far"
    assert output_at(Terminal(), 100, 400, 500, 600) == line % "2,000" + line % "4,000" + CLEAR


@pytest.mark.parametrize(("stream", "moments_ms"), [(Terminal(), (100, 300)), (io.StringIO(), (500, 900))])
def test_short_reading_or_none_who_sees_it_is_not_told(stream: io.StringIO, moments_ms: tuple[int, ...]) -> None:
    assert output_at(stream, *moments_ms) == ""


def test_pipe_is_told_before_it_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    assert "comes with its first segment" in (why_it_waits(str(tmp_path / "pipe")) or "")
    assert "comes when its writer has ended it" in (why_it_waits(str(tmp_path / "pipe"), needs_all=True) or "")
    assert why_it_waits(str(tmp_path / "file")) is None
    assert why_it_waits(str(tmp_path / "missing")) is None
