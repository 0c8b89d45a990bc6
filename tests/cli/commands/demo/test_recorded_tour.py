"""The recording of `refused`: two segments, and an act some seconds after them."""

import pytest

from tcpwatch.cli.commands.demo.recorded_tour import AHEAD_NS, RecordedTour
from tcpwatch.cli.options import FrameOptions
from tcpwatch.cli.reading import Reading
from tcpwatch.lab.recordings import acts_of, segments_of
from tcpwatch.lab.scenarios import Scenario, find_scenario
from tcpwatch.lab.stage import Act
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.monitor.replay.tracker import ReplayTracker
from tests.monitor.replaying import Clock

SCENARIO, NEXT = find_scenario("refused"), find_scenario("stale-syn")
ACTS = acts_of("refused")
LOOK_MS = 250


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorded_tour(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> RecordedTour:
    monkeypatch.setattr("tcpwatch.cli.reading.give_up_privileges", lambda: None)

    def read(scenario: Scenario) -> Recorded:
        tracker = ReplayTracker()
        with Reading(FrameOptions(read=str(segments_of(scenario.name))), tracker, lambda: None) as reading:
            return Recorded(scenario.name, reading.events(), tracker, clock)

    return RecordedTour([SCENARIO, NEXT], read, "refused", clock)


@pytest.fixture
def recorded(recorded_tour: RecordedTour) -> Recorded:
    return recorded_tour.playlist.recorded


def test_recorded_tour_says_of_itself_what_its_scenario_says(recorded_tour: RecordedTour) -> None:
    assert (recorded_tour.name, recorded_tour.title, recorded_tour.watch) == (
        "refused",
        SCENARIO.title,
        SCENARIO.advice,
    )
    assert (recorded_tour.number, recorded_tour.count, recorded_tour.last, recorded_tour.failure) == (1, 2, False, None)
    assert (recorded_tour.netns, recorded_tour.way_in(str)) == (None, "refused")


def until_it_rests(recorded_tour: RecordedTour, clock: Clock) -> list[Act]:
    """The acts that begin until it waits to be followed, or is over."""
    acts = list(recorded_tour.acts())
    while not (recorded_tour.rests or recorded_tour.over):
        clock.advance(LOOK_MS)
        acts += recorded_tour.acts()
    return acts


def test_recorded_tour_gives_each_act_once_when_its_time_has_come(
    recorded_tour: RecordedTour, recorded: Recorded, clock: Clock
) -> None:
    assert until_it_rests(recorded_tour, clock) == ACTS[:1]
    assert (recorded_tour.over, recorded.packets.end) == (False, len(recorded.events))
    assert 0 < ACTS[1].time_ns - recorded_tour.now_ns() <= AHEAD_NS
    recorded_tour.go_on()
    assert not recorded_tour.rests
    assert until_it_rests(recorded_tour, clock) == ACTS[1:]
    assert recorded_tour.over


def test_recorded_tour_rests_before_an_act_until_what_came_before_was_told(
    recorded_tour: RecordedTour, clock: Clock
) -> None:
    until_it_rests(recorded_tour, clock)
    clock.advance(60_000)
    assert (recorded_tour.acts(), recorded_tour.rests, recorded_tour.over) == ([], True, False)
    recorded_tour.go_on()
    recorded_tour.go_on()  # what does not rest has nothing to go on to
    assert recorded_tour.acts() == ACTS[1:]


def test_segments_of_an_act_do_not_pass_before_it(recorded_tour: RecordedTour, clock: Clock) -> None:
    recorded_tour.go(1)
    recorded, acts = recorded_tour.playlist.recorded, acts_of(NEXT.name)
    for number, act in enumerate(acts):
        assert until_it_rests(recorded_tour, clock) == [act]
        until_ns = acts[number + 1].time_ns if recorded_tour.rests else recorded_tour.now_ns()
        clock.advance(60_000)
        assert recorded.packets.end == sum(one.segment.time_ns <= until_ns for one in recorded.events)
        recorded_tour.go_on()


def test_clock_of_a_recorded_tour_is_the_playheads_until_then(
    recorded_tour: RecordedTour, recorded: Recorded, clock: Clock
) -> None:
    began_ns = recorded.events[0].segment.time_ns
    half_ns = (recorded.events[-1].segment.time_ns - began_ns) // 2
    recorded_tour.acts()
    assert recorded_tour.now_ns() == began_ns
    clock.advance(half_ns / 1_000_000)
    assert recorded_tour.now_ns() == pytest.approx(began_ns + half_ns, abs=1)


def test_clock_of_a_recorded_tour_runs_on_after_the_last_segment(
    recorded_tour: RecordedTour, recorded: Recorded, clock: Clock
) -> None:
    recorded_tour.acts()
    clock.advance(1)
    assert recorded_tour.now_ns() == recorded.events[-1].segment.time_ns
    clock.advance(1500)
    assert recorded_tour.now_ns() == recorded.events[-1].segment.time_ns + 1_500_000_000


@pytest.mark.parametrize(("scenarios", "acts"), [(0, ACTS), (1, acts_of(NEXT.name))])
def test_recorded_tour_plays_again_or_another(
    recorded_tour: RecordedTour, clock: Clock, scenarios: int, acts: list[Act]
) -> None:
    until_it_rests(recorded_tour, clock)
    recorded_tour.go_on()
    until_it_rests(recorded_tour, clock)
    assert recorded_tour.over
    recorded_tour.go(scenarios)
    recorded = recorded_tour.playlist.recorded
    assert (recorded_tour.number, recorded_tour.over, recorded.packets.end) == (1 + scenarios, False, 0)
    assert recorded_tour.now_ns() == recorded.events[0].segment.time_ns
    assert recorded_tour.acts()[0] == acts[0]
