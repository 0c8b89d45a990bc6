"""What is decided before anything is opened; `tests/e2e` plays the demo itself."""

import os
from collections.abc import Callable

import pytest

from tcpwatch.cli import demo
from tcpwatch.cli.arguments import Arguments
from tcpwatch.errors import PrivilegeError
from tcpwatch.lab.scenarios import SCENARIOS, find_scenario
from tests.conftest import Ended

REFUSAL = PrivilegeError("there is no namespace to be had", "sudo it")


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise REFUSAL

    monkeypatch.setattr(demo, "enter_own_namespace", refuse)


def asked(**words: object) -> Arguments:
    arguments = Arguments()
    for name, value in words.items():
        setattr(arguments, name, value)
    return arguments


def test_list_has_a_line_for_each_scenario(tcpwatch: Callable[..., Ended]) -> None:
    ended = tcpwatch("demo", "--list")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out] == list(SCENARIOS)
    assert ended.out[0].endswith("(lessons 1 2 3 4 5 6 10 13 14 15 33 34 35)")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nowhere", "--headless"), "there is no scenario nowhere; there are: handshake"),
        (("--headless",), "--headless needs a scenario"),
        (("syn-flood", "--headless", "--host"), "syn-flood changes how TCP works here: run it without --host"),
        (("refused", "--headless", "-p", "1", "-p", "2"), "the demo has one server"),
    ],
)
def test_demo_that_cannot_be(tcpwatch: Callable[..., Ended], words: tuple[str, ...], says: str) -> None:
    ended = tcpwatch("demo", *words)
    assert (ended.code, ended.out) == (2, [])
    assert says in ended.err


def test_scenario_without_a_namespace_says_why_and_plays_its_recording(
    refused: None, tcpwatch: Callable[..., Ended]
) -> None:
    ended = tcpwatch("demo", "refused", "--headless")
    assert ended.code == 0
    assert ended.err.startswith("tcpwatch: there is no namespace to be had\n  sudo it\ntcpwatch: playing a recording")
    assert "steps: 1/3 SYN, RST seen" in ended.out


def test_plain_users_demo_without_a_namespace_plays_on_the_host(
    refused: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not demo.take_place(asked(), None)
    assert capsys.readouterr().err == "tcpwatch: there is no namespace to be had\n  sudo it\n"


@pytest.mark.parametrize("name", [None, "refused"])
def test_host_is_left_for_no_namespace(refused: None, name: str | None) -> None:
    assert demo.take_place(asked(host=True), find_scenario(name) if name else None)


def test_first_demo_of_root_is_left_on_the_host(refused: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert demo.take_place(asked(), None)


def test_tour_of_a_scenario_is_that_one() -> None:
    scenario = find_scenario("refused")
    assert demo.tour_of(asked(pace=1.5), scenario, 9999, ()).scenarios == (scenario,)


def test_tour_begins_with_many_situations_at_once() -> None:
    tour = demo.tour_of(asked(), None, 9999, demo.playable(private=True))
    assert (tour.number, tour.scenarios) == (0, tuple(SCENARIOS.values()))


def test_tour_on_a_host_leaves_out_what_would_change_it() -> None:
    left_out = set(SCENARIOS.values()) - set(demo.playable(private=False))
    assert {scenario.name for scenario in left_out} == {"time-wait", "syn-timeout", "syn-flood"}
