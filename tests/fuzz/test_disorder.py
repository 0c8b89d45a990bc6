"""Real traffic, disordered: told as tshark tells it."""

import shutil
from pathlib import Path

import pytest

from tcpwatch.lab.recordings import segments_of
from tests.fuzz.disorder import DISORDERS, compare

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")]


@pytest.mark.parametrize("kind", DISORDERS)
@pytest.mark.parametrize("name", ["https", "retransmission", "zero-window"])
def test_disordered_capture_is_told_as_by_tshark(name: str, kind: str, tmp_path: Path) -> None:
    found = compare(segments_of(name), kind, 0, tmp_path / "disordered.pcapng")
    assert found.segments > 0
    assert found.differences == []
