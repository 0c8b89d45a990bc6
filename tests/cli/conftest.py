"""A capture file to read."""

from pathlib import Path

import pytest

from tests.cli.captures import UDP, as_frames, conversation, pcapng


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Two connections after one another, to port 80 and to port 443, and a frame that is no TCP between them."""
    path = tmp_path / "two.pcapng"
    path.write_bytes(pcapng(as_frames(*conversation(80), UDP, *conversation(443, sport=40001))))
    return path
