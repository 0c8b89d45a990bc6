import gc
import signal
from collections import deque
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from tcpwatch.capture.frame import Frame, Statistics
from tcpwatch.cli.options import FrameOptions
from tcpwatch.cli.reading import ENDING_SIGNALS, INTERRUPTIONS, Reading
from tcpwatch.errors import RecordingError
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.files.capture_file import read_records
from tests.cli.captures import as_frames, conversation
from tests.wire.captures import pcap_header, pcap_record


class Interface:
    """A frame source that has two frames ready each time, and then none for a while."""

    name = "eth0"
    link_type = None
    working = True
    message = "eth0: capturing"

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.left = as_frames(*conversation())

    def frames(self, timeout_ms: int) -> Sequence[Frame]:
        self.log.append("wait")
        now, self.left = self.left[:2], self.left[2:]
        return now

    def statistics(self) -> Statistics:
        return Statistics(8, 1_000)

    def close(self) -> None:
        self.log.append("close")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happened, in order."""
    log: list[str] = []

    def open_frames(options: FrameOptions) -> Interface:
        log.append("open")
        return Interface(log)

    monkeypatch.setattr("tcpwatch.cli.reading.open_frames", open_frames)
    monkeypatch.setattr("tcpwatch.cli.reading.give_up_privileges", lambda: log.append("drop"))
    return log


def test_privilege_goes_between_opening_and_the_first_frame(log: list[str], tmp_path: Path) -> None:
    options = FrameOptions(write=str(tmp_path / "a"))
    with Reading(options, FlowTracker(), lambda: log.append("hand over")) as reading:
        assert len(list(islice(reading.events(), 4))) == 4
    assert log == ["open", "drop", "hand over", "wait", "hand over", "wait", *["wait"] * 3, "close"]


def test_end_tells_what_was_captured_and_lost(log: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with Reading(FrameOptions(), FlowTracker(), lambda: None):
        pass
    assert capsys.readouterr().err == (
        "tcpwatch: eth0: capturing\ntcpwatch: 8 frames captured, 1,000 dropped by the kernel\n"
    )


def test_cycles_are_not_looked_for_while_a_file_is_read(log: list[str], capture: Path) -> None:
    with Reading(FrameOptions(read=str(capture)), FlowTracker(), lambda: None):
        assert not gc.isenabled()
    assert gc.isenabled()


def test_irregular_times_of_a_file_are_told(log: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").write_bytes(pcap_header() + pcap_record(fraction=2_000_000) * 2)
    with Reading(FrameOptions(read=str(tmp_path / "a")), FlowTracker(), lambda: None) as reading:
        deque(reading.events())
    said = "tcpwatch: times whose fraction of a second is a second or more, so they are not certain: 2"
    assert said in capsys.readouterr().err


def test_live_frames_are_recorded_before_each_wait(log: list[str], tmp_path: Path) -> None:
    def on_disk() -> int:
        with (tmp_path / "a").open("rb") as file:
            return len(list(read_records(file)))

    with Reading(FrameOptions(write=str(tmp_path / "a"), max_segs=3), FlowTracker(), lambda: None) as reading:
        list(reading.events())
        assert on_disk() == 2
    assert on_disk() == 3


def test_file_that_cannot_be_written_closes_the_capture(log: list[str], tmp_path: Path) -> None:
    with pytest.raises(Exception, match="is there already"):
        Reading(FrameOptions(write=str(tmp_path)), FlowTracker(), lambda: None)
    assert log == ["open", "close"]


@pytest.mark.parametrize("number", INTERRUPTIONS)
def test_signal_ends_the_reading_with_all_recorded_that_was_captured(
    log: list[str], tmp_path: Path, number: signal.Signals
) -> None:
    ending = pytest.raises((SystemExit, KeyboardInterrupt))
    with ending, Reading(FrameOptions(write=str(tmp_path / "a")), FlowTracker(), lambda: None) as reading:
        deque(islice(reading.events(), 3))
        signal.raise_signal(number)
    with (tmp_path / "a").open("rb") as file:
        assert list(read_records(file)) == as_frames(*conversation())


def test_signal_while_frames_are_taken_comes_once_they_are_recorded(
    log: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(source: Interface, timeout_ms: int) -> Sequence[Frame]:
        signal.raise_signal(signal.SIGTERM)
        return as_frames(*conversation())[:2]

    monkeypatch.setattr(Interface, "frames", interrupted)
    monkeypatch.setattr("tcpwatch.capture.recording.LAST_BATCHES", 0)
    with pytest.raises(SystemExit), Reading(FrameOptions(write=str(tmp_path / "a")), FlowTracker(), lambda: None) as it:
        next(it.events())
    with (tmp_path / "a").open("rb") as file:
        assert len(list(read_records(file))) == 2


def test_recording_that_stops_is_said_once_as_it_happens(
    log: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    reading = Reading(FrameOptions(write=str(tmp_path / "a")), FlowTracker(), lambda: None)
    monkeypatch.setattr("os.write", full)
    deque(islice(reading.events(), 4))
    monkeypatch.undo()
    with pytest.raises(RecordingError):
        reading.__exit__(None)
    assert capsys.readouterr().err.count("recording stopped (No space left on device)") == 1


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_signal_ends_the_reading_in_order(log: list[str], number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(SystemExit, match=str(128 + number)), Reading(FrameOptions(), FlowTracker(), lambda: None):
        signal.raise_signal(number)
    assert log[-1] == "close"
    assert signal.getsignal(number) is before


def test_signal_that_nohup_ignores_stays_ignored(log: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Reading(FrameOptions(), FlowTracker(), lambda: None):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_recording_that_failed_fails_the_reading(
    log: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    reading = Reading(FrameOptions(write=str(tmp_path / "a"), max_segs=4), FlowTracker(), lambda: None)
    reading.__enter__()
    monkeypatch.setattr("os.write", full)
    assert len(list(reading.events())) == 4
    with pytest.raises(RecordingError, match="No space left on device"):
        reading.__exit__(None)
    monkeypatch.undo()
    assert capsys.readouterr().err.count("recording stopped (No space left on device)") == 1  # as it happens


def test_what_a_file_shows_goes_out_each_tenth_of_a_second(log: list[str], capture: Path) -> None:
    moments = iter(range(0, 10**12, 60_000_000))
    handed_over: list[str] = []
    options = FrameOptions(read=str(capture), max_segs=10)
    reading = Reading(options, FlowTracker(), lambda: handed_over.append("now"), clock=lambda: next(moments))
    with reading:
        for _ in range(10):
            reading._examine(())
    assert len(handed_over) == 5


def test_loss_is_told_before_the_next_event(log: list[str]) -> None:
    moments = iter(range(0, 10**15, 2_000_000_000))
    lost: list[int] = []
    options = FrameOptions(max_segs=2)
    with Reading(options, FlowTracker(), lambda: None, clock=lambda: next(moments), on_loss=lost.append) as reading:
        next(reading.events())
        assert lost == [1_000]
