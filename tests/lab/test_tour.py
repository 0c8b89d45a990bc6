"""A tour as its front end sees it."""

import os
import signal

import pytest

from tcpwatch.errors import UsageError
from tcpwatch.lab.child_process import ChildProcess
from tcpwatch.lab.leaky_server import Demo
from tcpwatch.lab.namespace import OwnNamespace
from tcpwatch.lab.playlist import TOUR_NAME
from tcpwatch.lab.scenarios import find_scenario
from tcpwatch.lab.stage import Act
from tcpwatch.lab.tour import Tour
from tests.lab.proc_net import eventually

pytestmark = pytest.mark.e2e

REFUSED, HALF_CLOSE = find_scenario("refused"), find_scenario("half-close")


def play_out(tour: Tour) -> list[Act]:
    acts: list[Act] = []

    def over() -> bool:
        acts.extend(tour.acts())
        return tour.over

    assert eventually(over)
    return acts


def test_tour_plays_its_scenarios_as_it_is_asked(port: int) -> None:
    with Tour([REFUSED, HALF_CLOSE], port, pace_s=0) as tour:
        assert (tour.number, tour.count, tour.name, tour.title) == (1, 2, "refused", REFUSED.title)
        assert [act.promise.steps for act in play_out(tour)] == [("1/3 SYN", "RST"), ()]
        assert not tour.last
        tour.go(1)
        assert (tour.name, tour.over, tour.last) == ("half-close", False, True)
        assert play_out(tour)
        assert tour.failure is None


def test_tour_that_waits_has_its_next_act_when_it_is_told_to_go_on(port: int) -> None:
    with Tour([REFUSED], port, pace_s=0, waits=True) as tour:
        first: list[Act] = []
        assert eventually(lambda: first.extend(tour.acts()) or tour.rests)
        assert len(first) == 1
        tour.go_on()
        assert not tour.rests
        assert len(play_out(tour)) == 1
        tour.go_on()  # nothing waits: nothing happens
        tour.go(0)
        assert eventually(lambda: bool(tour.acts()) or tour.rests)


def test_tour_stops_at_its_ends_and_plays_the_same_again(port: int) -> None:
    with Tour([REFUSED], port, pace_s=0) as tour:
        for step in (-1, 1, 0):
            play_out(tour)
            tour.go(step)
            assert tour.number == 1
            assert len(play_out(tour)) == 2


def test_tour_hears_nothing_of_the_scenario_it_has_left(port: int) -> None:
    with Tour([HALF_CLOSE, REFUSED], port, pace_s=60) as tour:
        tour.go(1)
        assert eventually(lambda: [act.message[:14] for act in tour.acts()] == ["Nobody listens"])


def test_tour_opens_with_a_demo_that_ends_with_the_first_scenario(port: int) -> None:
    opening = Demo(port)
    with Tour([REFUSED], port, pace_s=0, opening=opening) as tour:
        assert len(opening.pids) == 2
        assert (tour.number, tour.name, tour.over, tour.last) == (0, TOUR_NAME, True, False)
        assert tour.acts() == []
        tour.go(1)
        assert opening.pids == ()
        assert len(play_out(tour)) == 2  # nobody listens: the demo's server is gone


def test_tour_on_the_host_is_seen_without_a_way_in(port: int) -> None:
    with Tour([REFUSED], port, pace_s=0) as tour:
        assert (tour.netns, tour.way_in(str)) == (None, "")


def test_tour_says_how_to_look_into_its_namespace(port: int) -> None:
    with Tour([REFUSED], port, pace_s=0, place=OwnNamespace(user=False)) as tour:
        assert tour.netns == str(tour.pid)
        assert tour.way_in(str) == (
            f"Look in from outside: tcpwatch --netns {tour.pid}, nsenter -t {tour.pid} -n ss -tan"
        )
    assert (tour.netns, tour.way_in(str)) == (None, "")


def test_tour_of_its_opening_alone_goes_nowhere(port: int) -> None:
    opening = Demo(port)
    with Tour([], port, opening=opening) as tour:
        assert tour.last
        tour.go(1)
        assert (tour.number, len(opening.pids)) == (0, 2)


def test_tour_whose_opening_cannot_be_leaves_nothing(port: int) -> None:
    with Demo(port):
        tour = Tour([REFUSED], port, opening=Demo(port))
        with pytest.raises(UsageError, match="is taken"):
            tour.__enter__()
        assert tour.pid is None


def test_tour_says_why_a_scenario_failed(port: int) -> None:
    server = ChildProcess("server", "--port", str(port))
    with Tour([HALF_CLOSE], port, pace_s=0) as tour:
        play_out(tour)
        assert tour.failure is not None
        assert "already in use" in tour.failure
    server.stop()


def test_tour_says_when_its_player_is_gone(port: int) -> None:
    with Tour([REFUSED], port, pace_s=60) as tour:
        assert tour.pid is not None
        os.kill(tour.pid, signal.SIGKILL)
        play_out(tour)
        assert tour.failure == "the program that plays the scenarios is gone"
        tour.go(0)


def test_tour_ends_with_its_block(port: int) -> None:
    with Tour([HALF_CLOSE], port, pace_s=60) as tour:
        pid = tour.pid
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert tour.acts() == []
