"""What is decided before anything is opened; `tests/e2e` plays the demo itself."""

from collections.abc import Callable, Sequence

import pytest

from tcpwatch.cli.commands.demo import command as demo
from tcpwatch.cli.options import DemoOptions
from tcpwatch.errors import PrivilegeError
from tcpwatch.lab.scenarios import SCENARIOS, Scenario, find_scenario
from tcpwatch.lab.tour import Tour
from tests.conftest import Ended

REFUSAL = PrivilegeError("there is no namespace to be had", "sudo it")


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise REFUSAL

    monkeypatch.setattr(demo, "enter_own_namespace", refuse)


def test_list_has_a_line_for_each_scenario(tcpwatch: Callable[..., Ended]) -> None:
    ended = tcpwatch("demo", "--list")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out] == list(SCENARIOS)
    assert ended.out[0].endswith("(lessons 1 2 3 4 5 6 10 13 14 15 33 34 35)")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere", "--headless"), "there is no scenario nowhere; there are: handshake"),
        (("--headless",), "--headless needs a scenario"),
        (("syn-flood", "--headless", "--host"), "syn-flood changes how TCP works here: run it without --host"),
        (("refused", "--headless", "-p", "1", "-p", "2"), "the demo has one server"),
    ],
)
def test_demo_that_cannot_be(tcpwatch: Callable[..., Ended], words: tuple[str, ...], message: str) -> None:
    ended = tcpwatch("demo", *words)
    assert (ended.code, ended.out) == (2, [])
    assert message in ended.err


def test_scenario_without_a_namespace_says_why_and_plays_its_recording(
    refused: None, tcpwatch: Callable[..., Ended]
) -> None:
    ended = tcpwatch("demo", "refused", "--headless")
    assert ended.code == 0
    assert ended.err.startswith(
        "tcpwatch: there is no namespace to be had\n  sudo it\ntcpwatch: playing from recordings"
    )
    assert "steps: 1/3 SYN, RST seen" in ended.out


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Tour]:
    """The tours that are shown live, in place of a screen."""
    tours: list[Tour] = []
    monkeypatch.setattr("tcpwatch.tui.terminal.check_terminal", lambda environ: None)
    monkeypatch.setattr(
        "tcpwatch.cli.commands.dashboard.show_live",
        lambda options, frames, tour, entered, front_end: tours.append(tour) or 0,
    )
    return tours


@pytest.mark.parametrize(("word", "count"), [(None, len(SCENARIOS)), ("close-wait", 1)])
def test_demo_without_a_namespace_plays_from_recordings(
    refused: None, shown: list[Tour], monkeypatch: pytest.MonkeyPatch, word: str | None, count: int
) -> None:
    played: list[Sequence[Scenario]] = []
    monkeypatch.setattr(demo, "play_recordings", lambda options, scenarios, refusal: played.append(scenarios) or 0)
    assert demo.run(DemoOptions(scenario=word)) == 0
    assert [len(scenarios) for scenarios in played] == [count]
    assert shown == []


def test_many_at_once_were_never_recorded_and_play_on_the_host(
    refused: None, shown: list[Tour], capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run(DemoOptions(scenario="mixed")) == 0
    assert [(tour.count, tour.number) for tour in shown] == [(0, 0)]
    assert capsys.readouterr().err == (
        "tcpwatch: there is no namespace to be had\n  sudo it\ntcpwatch: playing on this host's own loopback instead\n"
    )


@pytest.mark.parametrize("word", [None, "mixed", "refused"])
def test_host_is_left_for_no_namespace(refused: None, shown: list[Tour], word: str | None) -> None:
    assert demo.run(DemoOptions(scenario=word, host=True)) == 0
    assert len(shown) == 1


def test_tour_of_a_scenario_is_that_one() -> None:
    options = DemoOptions(scenario="refused")
    tour = demo.tour_of(options, demo.chosen_scenarios(options), 9999, None)
    assert (tour.name, tour.scenarios) == ("tour", (find_scenario("refused"),))
    assert not tour.over


def test_tour_begins_with_many_situations_at_once() -> None:
    options = DemoOptions()
    tour = demo.tour_of(options, demo.chosen_scenarios(options), 9999, None)
    assert (tour.number, tour.over, tour.scenarios) == (0, True, tuple(SCENARIOS.values()))


def test_tour_on_a_host_leaves_out_what_would_change_it() -> None:
    left_out = set(SCENARIOS.values()) - set(demo.chosen_scenarios(DemoOptions(host=True)))
    sets_sysctls = {"time-wait", "syn-timeout", "syn-flood", "ports-exhausted", "path-mtu"}
    assert {scenario.name for scenario in left_out} == {*sets_sysctls, "dead-peer"}
