"""Captures by other people through the real command. Where they are not at hand, the tests skip."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ended
from tests.fuzz.flips import flip_rounds

pytestmark = pytest.mark.e2e

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "pcaps"
FILES = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
SMALL_BYTES = 20_000  # `python -m tests.fuzz.flips` takes the others too
SMALL = [path for path in FILES if path.stat().st_size <= SMALL_BYTES]


@pytest.fixture
def lines(tcpwatch: Callable[..., Ended]) -> Callable[..., list[str]]:
    """What the command prints; it may end with 0, or with 2 and a sentence."""

    def run(*words: str | Path) -> list[str]:
        ended = tcpwatch(*words)
        assert ended.code == 0 or (ended.code == 2 and ended.err.startswith("tcpwatch: "))
        return ended.out

    return run


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_output_tells_the_same_segments(lines: Callable[..., list[str]], path: Path) -> None:
    segments = [json.loads(line) for line in lines("packets", "-r", path, "--json")]
    flows = [json.loads(line) for line in lines("flows", "-r", path, "--json")]
    assert len(lines("packets", "-r", path)) == len(segments)
    assert {segment["stream"] for segment in segments} == {flow["stream"] for flow in flows}
    assert len(segments) == sum(flow[end]["segs"] for flow in flows for end in ("initiator", "responder"))


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.name)
def test_damage_is_survived(path: Path) -> None:
    flip_rounds(path, rounds=4)
