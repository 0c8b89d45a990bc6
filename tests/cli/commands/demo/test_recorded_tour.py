"""The recording of `refused`: two segments, and an act some seconds after them."""

import pytest

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.commands.demo.recorded_tour import AHEAD_NS, Encore
from tcpwatch.cli.reading import Reading
from tcpwatch.lab.recordings import acts_of, segments_of
from tcpwatch.lab.scenarios import Scenario, find_scenario
from tcpwatch.lab.stage import Act
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.tcp.tracker import FlowTracker
from tests.monitor.replaying import Clock

SCENARIO, NEXT = find_scenario("refused"), find_scenario("stale-syn")
ACTS = acts_of("refused")
LOOK_MS = 250


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def encore(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Encore:
    monkeypatch.setattr("tcpwatch.cli.reading.drop_privileges", lambda: None)

    def read(scenario: Scenario) -> Recorded:
        arguments, tracker = Arguments(), FlowTracker()
        arguments.read = str(segments_of(scenario.name))
        with Reading(arguments, tracker, lambda: None) as reading:
            return Recorded(scenario.name, reading.events(), tracker, clock)

    return Encore([SCENARIO, NEXT], read, "refused", clock)


@pytest.fixture
def recorded(encore: Encore) -> Recorded:
    return encore.reel.recorded


def test_encore_says_of_itself_what_its_scenario_says(encore: Encore) -> None:
    assert (encore.name, encore.title, encore.watch) == ("refused", SCENARIO.says, SCENARIO.advice)
    assert (encore.number, encore.count, encore.last, encore.failure) == (1, 2, False, None)
    assert (encore.netns, encore.way_in(str)) == (None, "refused")


def until_it_rests(encore: Encore, clock: Clock) -> list[Act]:
    """The acts that begin until it waits to be followed, or is over."""
    acts = list(encore.acts())
    while not (encore.rests or encore.over):
        clock.advance(LOOK_MS)
        acts += encore.acts()
    return acts


def test_encore_gives_each_act_once_when_its_time_has_come(encore: Encore, recorded: Recorded, clock: Clock) -> None:
    assert until_it_rests(encore, clock) == ACTS[:1]
    assert (encore.over, recorded.packets.end) == (False, len(recorded.events))
    assert 0 < ACTS[1].time_ns - encore.now_ns() <= AHEAD_NS
    encore.go_on()
    assert not encore.rests
    assert until_it_rests(encore, clock) == ACTS[1:]
    assert encore.over


def test_encore_rests_before_an_act_until_what_came_before_was_told(encore: Encore, clock: Clock) -> None:
    until_it_rests(encore, clock)
    clock.advance(60_000)
    assert (encore.acts(), encore.rests, encore.over) == ([], True, False)
    encore.go_on()
    encore.go_on()  # what does not rest has nothing to go on to
    assert encore.acts() == ACTS[1:]


def test_segments_of_an_act_do_not_pass_before_it(encore: Encore, clock: Clock) -> None:
    encore.go(1)
    recorded, acts = encore.reel.recorded, acts_of(NEXT.name)
    for number, act in enumerate(acts):
        assert until_it_rests(encore, clock) == [act]
        until_ns = acts[number + 1].time_ns if encore.rests else encore.now_ns()
        clock.advance(60_000)
        assert recorded.packets.end == sum(one.segment.time_ns <= until_ns for one in recorded.events)
        encore.go_on()


def test_clock_of_an_encore_is_the_playheads_until_then(encore: Encore, recorded: Recorded, clock: Clock) -> None:
    began_ns = recorded.events[0].segment.time_ns
    half_ns = (recorded.events[-1].segment.time_ns - began_ns) // 2
    encore.acts()
    assert encore.now_ns() == began_ns
    clock.advance(half_ns / 1_000_000)
    assert encore.now_ns() == pytest.approx(began_ns + half_ns, abs=1)


def test_clock_of_an_encore_runs_on_after_the_last_segment(encore: Encore, recorded: Recorded, clock: Clock) -> None:
    encore.acts()
    clock.advance(1)
    assert encore.now_ns() == recorded.events[-1].segment.time_ns
    clock.advance(1500)
    assert encore.now_ns() == recorded.events[-1].segment.time_ns + 1_500_000_000


@pytest.mark.parametrize(("scenarios", "acts"), [(0, ACTS), (1, acts_of(NEXT.name))])
def test_encore_plays_again_or_another(encore: Encore, clock: Clock, scenarios: int, acts: list[Act]) -> None:
    until_it_rests(encore, clock)
    encore.go_on()
    until_it_rests(encore, clock)
    assert encore.over
    encore.go(scenarios)
    recorded = encore.reel.recorded
    assert (encore.number, encore.over, recorded.packets.end) == (1 + scenarios, False, 0)
    assert encore.now_ns() == recorded.events[0].segment.time_ns
    assert encore.acts()[0] == acts[0]
