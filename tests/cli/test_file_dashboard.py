"""`tcpwatch --read FILE`, with the screen left out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.tui.protocols import Target
from tests.cli.captures import UDP, as_frames, conversation, pcapng
from tests.conftest import Ended

Shown = tuple[Recorded, Target]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Shown]:
    """What the dashboard was given to show."""
    given: list[Shown] = []

    def run_replay(recorded: Recorded, target: Target, filter_text: str) -> int:
        given.append((recorded, target))
        return 0

    monkeypatch.setattr("tcpwatch.cli.file_dashboard.run_replay", run_replay)
    monkeypatch.setattr("tcpwatch.cli.file_dashboard.check_terminal", lambda environ: None)
    return given


def capture(directory: Path, data: bytes) -> Path:
    file = directory / "talk\x1b[2J.pcapng"
    file.write_bytes(data)
    return file


def test_read_shows_the_file_under_its_cleaned_name(
    tcpwatch: Callable[..., Ended], shown: list[Shown], tmp_path: Path
) -> None:
    ended = tcpwatch("-r", capture(tmp_path, pcapng(as_frames(*conversation()))))
    [(recorded, target)] = shown
    assert (ended.code, ended.err) == (0, "")
    assert len(recorded.events) == 8
    assert target.words == ("file", "talk␛[2J.pcapng")


def test_read_with_a_port_shows_its_connections_alone(
    tcpwatch: Callable[..., Ended], shown: list[Shown], tmp_path: Path
) -> None:
    frames = as_frames(*conversation(80), *conversation(443, 40001))
    tcpwatch("--read", capture(tmp_path, pcapng(frames)), "-p", "443")
    [(recorded, target)] = shown
    assert {event.stream for event in recorded.events} == {1}
    assert target.ports == (443,)


def test_damaged_file_is_shown_and_then_ends_with_the_error(
    tcpwatch: Callable[..., Ended], shown: list[Shown], tmp_path: Path
) -> None:
    ended = tcpwatch("-r", capture(tmp_path, pcapng(as_frames(*conversation()))[:-40]))
    assert len(shown[0][0].events) == 7
    assert ended.code == 2
    assert "What comes before it was read" in ended.err


def test_file_without_a_segment_is_refused(tcpwatch: Callable[..., Ended], shown: list[Shown], tmp_path: Path) -> None:
    ended = tcpwatch("-r", capture(tmp_path, pcapng(as_frames(UDP))))
    assert (ended.code, shown) == (2, [])
    assert "holds no TCP segment" in ended.err


def test_stdin_is_refused_with_what_to_do_instead(tcpwatch: Callable[..., Ended], shown: list[Shown]) -> None:
    ended = tcpwatch("-r", "-")
    assert (ended.code, shown) == (2, [])
    assert "tcpwatch packets --read -" in ended.err


def test_file_and_interface_exclude_each_other(tcpwatch: Callable[..., Ended]) -> None:
    with pytest.raises(SystemExit, match="2"):
        tcpwatch("-r", "file", "-i", "lo")
