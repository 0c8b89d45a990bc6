"""The recordings in the package, played in place of their scenarios."""

import pytest

from tcpwatch.cli.commands.demo import recorded
from tcpwatch.cli.commands.demo.introduction import introduction
from tcpwatch.cli.commands.demo.recorded_tour import RecordedTour
from tcpwatch.cli.options import DashboardOptions, DemoOptions
from tcpwatch.lab.recordings import acts_of
from tcpwatch.lab.scenarios import SCENARIOS, find_scenario
from tcpwatch.lab.stage import Act, Promise
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.monitor.replay.playlist import RecordedPlaylist
from tcpwatch.tui.protocols import Target


@pytest.fixture
def headless(monkeypatch: pytest.MonkeyPatch) -> DemoOptions:
    monkeypatch.setattr("tcpwatch.cli.reading.give_up_privileges", lambda: None)
    return DemoOptions(DashboardOptions(language="en"), headless=True)


@pytest.mark.parametrize("name", SCENARIOS)
def test_recording_keeps_every_promise_of_its_scenario(
    headless: DemoOptions, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert recorded.play_recordings(headless, [find_scenario(name)], "no: sudo it") == 0
    output = capsys.readouterr().out
    assert output.startswith("\n".join(introduction(find_scenario(name), str)))
    assert all(f"▶ {act.text()}" in output for act in acts_of(name))


def test_recording_is_told_in_the_language_that_was_asked_for(
    headless: DemoOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded.play_recordings(
        headless._replace(dashboard=DashboardOptions(language="ko")), [find_scenario("refused")], "no: sudo it"
    )
    assert "▶ 포트 9999에서 아무도 듣지 않는다" in capsys.readouterr().out


def test_recording_is_told_in_the_order_in_which_it_happened(
    headless: DemoOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded.play_recordings(headless, [find_scenario("refused")], "no: sudo it")
    output = capsys.readouterr().out
    words = [
        "▶ Nobody listens",
        "1/3 SYN\n",
        "RST  refused\n",
        "RST: the server refuses.",
        "▶ connect() said",
        "states:",
    ]
    places = [output.index(word) for word in words]
    assert places == sorted(places)


def test_recording_without_what_was_promised(
    headless: DemoOptions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recorded, "acts_of", lambda name: [Act(1, "Two FINs cross.", Promise(states=("CLOSING",)))])
    assert recorded.play_recordings(headless, [find_scenario("refused")], "no: sudo it") == 1
    assert "states: CLOSING promised, but not seen" in capsys.readouterr().out


def test_recording_in_the_dashboard_is_played_as_a_demo(headless: DemoOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[Recorded, Target, RecordedTour]] = []

    def run_recorded_tour(playlist: RecordedPlaylist, target: Target, recorded_tour: RecordedTour, *_: object) -> int:
        shown.append((playlist.recorded, target, recorded_tour))
        return 0

    monkeypatch.setattr("tcpwatch.tui.modes.demo.run_recorded_tour", run_recorded_tour)
    shown_options = headless._replace(headless=False)
    scenarios = [find_scenario("syn-timeout"), find_scenario("reset")]
    assert recorded.play_recordings(shown_options, scenarios, "no: sudo it") == 0
    [(played, target, recorded_tour)] = shown
    assert (recorded_tour.name, recorded_tour.number, recorded_tour.last) == ("syn-timeout", 1, False)
    assert target.words == ("a recording, for want of a namespace", "lo", "port 9999")
    assert recorded_tour.way_in(str) == "no: sudo it"
    assert not played.playhead.shortens
