"""The recording of `refused`: two segments, and an act some seconds after them."""

import pytest

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.encore import Encore
from tcpwatch.cli.reading import Reading
from tcpwatch.lab.recordings import acts_of, segments_of
from tcpwatch.lab.scenarios import find_scenario
from tcpwatch.monitor.recorded import Recorded
from tcpwatch.tcp.tracker import FlowTracker
from tests.monitor.replaying import Clock

SCENARIO = find_scenario("refused")
ACTS = acts_of("refused")
LATE_NS = ACTS[1].time_ns - ACTS[0].time_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    monkeypatch.setattr("tcpwatch.cli.reading.drop_privileges", lambda: None)
    arguments, tracker = Arguments(), FlowTracker()
    arguments.read = str(segments_of("refused"))
    with Reading(arguments, tracker, lambda: None) as reading:
        return Recorded("refused", reading.events(), tracker, clock)


@pytest.fixture
def encore(recorded: Recorded, clock: Clock) -> Encore:
    return Encore(SCENARIO, ACTS, recorded, clock)


def test_encore_says_of_itself_what_its_scenario_says(encore: Encore) -> None:
    assert (encore.name, encore.title, encore.watch) == ("refused", SCENARIO.says, SCENARIO.advice)
    assert (encore.number, encore.count, encore.last, encore.failure) == (1, 1, True, None)


def test_encore_gives_each_act_once_when_its_time_has_come(encore: Encore, recorded: Recorded, clock: Clock) -> None:
    assert encore.acts() == ACTS[:1]
    clock.advance(1)
    assert encore.acts() == []
    assert recorded.packets.end == len(recorded.events)
    assert not encore.over
    clock.advance(LATE_NS / 1_000_000)
    assert encore.acts() == ACTS[1:]
    assert encore.over


def test_clock_of_an_encore_runs_on_after_the_last_segment(encore: Encore, recorded: Recorded, clock: Clock) -> None:
    clock.advance(1)
    assert encore.now_ns() == recorded.events[-1].segment.time_ns
    clock.advance(1500)
    assert encore.now_ns() == recorded.events[-1].segment.time_ns + 1_500_000_000


def test_encore_plays_again(encore: Encore, recorded: Recorded, clock: Clock) -> None:
    clock.advance(1)
    encore.acts()
    clock.advance(60_000)
    encore.acts()
    encore.go(1)
    assert (encore.over, recorded.packets.end) == (False, 0)
    assert encore.now_ns() == recorded.events[0].segment.time_ns
    assert encore.acts() == ACTS[:1]
