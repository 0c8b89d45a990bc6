"""The playhead: file time against a clock that the test moves."""

import pytest

from tcpwatch.monitor.replay.playhead import SPEEDS, Playhead
from tests.monitor.conversation import MS
from tests.monitor.replaying import Clock

SECOND = 1000 * MS
START = 1_700_000_000 * SECOND


def playhead(*times_ms: float, clock: Clock | None = None) -> Playhead:
    return Playhead([START + int(ms * MS) for ms in times_ms], clock or Clock())


def test_playhead_begins_paused_at_the_end() -> None:
    head = playhead(0, 10, 30)
    assert (head.position, head.end, head.playing, head.fraction) == (3, 3, False, 1)
    assert (head.elapsed_ns, head.duration_ns, head.time_ns) == (30 * MS, 30 * MS, START + 30 * MS)


def test_playing_at_the_end_starts_from_the_beginning() -> None:
    head = playhead(0, 10, 30)
    head.toggle()
    assert (head.position, head.playing, head.elapsed_ns) == (0, True, 0)


@pytest.mark.parametrize("speed", SPEEDS)
def test_file_time_passes_at_the_chosen_speed(speed: float) -> None:
    clock = Clock()
    head = playhead(0, 1500, clock=clock)
    head.toggle()
    head.change_speed(SPEEDS.index(speed) - SPEEDS.index(1))
    clock.advance(10)
    head.look()
    assert (head.speed, head.elapsed_ns, head.position) == (speed, 10 * speed * MS, 1)


def test_segment_passes_when_its_time_comes() -> None:
    clock = Clock()
    head = playhead(0, 10, 30, clock=clock)
    head.toggle()
    seen = []
    for _ in range(5):
        head.look()
        seen.append((head.elapsed_ns // MS, head.position))
        clock.advance(9)
    assert seen == [(0, 1), (9, 1), (18, 2), (27, 2), (30, 3)]
    assert not head.playing


def test_pause_holds_the_file_time() -> None:
    clock = Clock()
    head = playhead(0, 1000, clock=clock)
    head.toggle()
    clock.advance(100)
    head.toggle()
    clock.advance(500)
    head.look()
    assert head.elapsed_ns == 100 * MS
    head.toggle()
    clock.advance(1)
    head.look()
    assert head.elapsed_ns == 101 * MS


def test_speed_changed_while_playing_counts_from_then_on() -> None:
    clock = Clock()
    head = playhead(0, 1000, clock=clock)
    head.toggle()
    clock.advance(100)
    head.change_speed(1)
    clock.advance(100)
    head.look()
    assert head.elapsed_ns == 300 * MS


def test_speed_stays_within_the_table() -> None:
    head = playhead(0, 1)
    head.change_speed(99)
    assert head.speed == SPEEDS[-1]
    head.change_speed(-99)
    assert head.speed == SPEEDS[0]


def test_step_pauses_one_segment_further() -> None:
    clock = Clock()
    head = playhead(0, 10, 30, clock=clock)
    head.toggle()
    clock.advance(12)
    head.step(1)
    assert (head.position, head.elapsed_ns, head.playing) == (3, 30 * MS, False)
    head.step(-2)
    assert (head.position, head.elapsed_ns) == (1, 0)


def test_step_separates_segments_of_the_same_time() -> None:
    head = playhead(0, 10, 10, 10, 20)
    head.seek(4)
    head.step(-1)
    assert (head.position, head.elapsed_ns) == (3, 10 * MS)
    head.step(-1)
    assert (head.position, head.elapsed_ns) == (2, 10 * MS)


def test_step_does_not_leave_the_file() -> None:
    head = playhead(0, 10)
    head.step(1)
    assert head.position == 2
    head.step(-5)
    assert (head.position, head.elapsed_ns) == (0, 0)


@pytest.mark.parametrize(("fraction", "position"), [(-1, 0), (0, 0), (0.01, 1), (0.5, 2), (0.99, 2), (1, 3), (7, 3)])
def test_seek_to_a_fraction_passes_what_lies_before_it(fraction: float, position: int) -> None:
    head = playhead(0, 10, 30)
    head.seek_fraction(fraction)
    assert head.position == position


def test_seek_keeps_playing() -> None:
    clock = Clock()
    head = playhead(0, 1000, clock=clock)
    head.toggle()
    head.seek_fraction(0.5)
    clock.advance(100)
    head.look()
    assert head.elapsed_ns == 600 * MS


def test_long_silence_is_played_in_two_seconds() -> None:
    clock = Clock()
    hour_ms = 3_600_000
    head = playhead(0, hour_ms, hour_ms + 1000, clock=clock)
    head.toggle()
    clock.advance(1000)
    head.look()
    assert (head.elapsed_ns, head.position) == (hour_ms * MS // 2, 1)
    clock.advance(1500)
    head.look()
    assert (head.elapsed_ns, head.position) == ((hour_ms + 500) * MS, 2)
    assert head.shortens
    assert not playhead(0, 1000).shortens


def test_file_clock_never_runs_back() -> None:
    head = playhead(0, 30, 10, 40)
    head.seek(3)
    assert head.elapsed_ns == 30 * MS


def test_file_whose_segments_all_have_one_time_can_be_played() -> None:
    clock = Clock()
    head = playhead(5, 5, 5, clock=clock)
    head.toggle()
    clock.advance(150)
    head.look()
    assert (head.position, head.elapsed_ns, head.duration_ns) == (2, 0, 0)


def test_file_of_one_segment_has_a_beginning_and_an_end() -> None:
    head = playhead(5)
    assert head.fraction == 1
    head.seek(0)
    assert head.fraction == 0


def test_silence_takes_as_long_as_is_allowed() -> None:
    times, longest = [START, START + 9 * SECOND], 5 * SECOND
    assert list(Playhead(times, Clock(), longest).played) == [0, longest]
    assert Playhead(times, Clock(), longest).shortens
    assert not Playhead(times, Clock(), 9 * SECOND).shortens


def test_playhead_at_the_end_stays_there_as_more_is_read() -> None:
    head = playhead(0, 10)
    head.extend([START + 20 * MS])
    assert (head.position, head.end, head.elapsed_ns, head.fraction) == (3, 3, 20 * MS, 1)


def test_playhead_elsewhere_stays_where_it_is_as_more_is_read() -> None:
    head = playhead(0, 10)
    head.seek(1)
    head.extend([START + 20 * MS, START + 30 * MS])
    assert (head.position, head.end, head.elapsed_ns, head.duration_ns) == (1, 4, 0, 30 * MS)


def test_playing_waits_at_the_end_for_more_and_ends_with_the_file() -> None:
    clock = Clock()
    head = playhead(0, 10, clock=clock)
    head.grows = True
    head.toggle()
    clock.advance(50)
    head.look()
    assert (head.playing, head.position) == (True, 2)
    head.extend([START + 20 * MS])
    assert head.position == 2
    clock.advance(10)
    head.look()
    assert (head.playing, head.position) == (True, 3)
    head.grows = False
    head.look()
    assert not head.playing


def test_first_time_that_differs_makes_those_before_it_one_moment() -> None:
    head = playhead(5, 5, 5)
    assert head.played[-1] > 0
    head.extend([START + 15 * MS])
    assert list(head.played) == [0, 0, 0, 10 * MS]
    assert (head.position, head.fraction) == (4, 1)


def test_reading_in_parts_gives_the_scale_of_reading_at_once() -> None:
    times = [0, 5, 3, 4_000, 4_000, 9_000]
    whole, part = playhead(*times), playhead(*times[:2])
    for time_ms in times[2:]:
        part.extend([START + time_ms * MS])
    assert part.played == whole.played
    assert (part.shortens, part.time_ns) == (whole.shortens, whole.time_ns)
