from tcpwatch.monitor.counter_window import CounterWindow
from tcpwatch.sockets.counters import Rise

SECOND = 1_000_000_000


def rises(*readings: tuple[int, int]) -> list[Rise]:
    """What comes of reading a counter at these seconds."""
    kept: CounterWindow[str] = CounterWindow()
    return [kept.update({"n": value}, second * SECOND)["n"] for second, value in readings]


def test_rise_counts_from_the_first_reading() -> None:
    assert rises((0, 100), (1, 100), (2, 103)) == [Rise(0, 0), Rise(0, 0), Rise(3, 3)]


def test_rise_of_the_last_minute_forgets_what_came_before() -> None:
    assert rises((0, 100), (1, 105), (60, 107), (61, 107), (119, 107), (120, 107))[1:] == [
        *(Rise(5, 5), Rise(7, 7)),
        *(Rise(7, 2), Rise(7, 2), Rise(7, 0)),
    ]


def test_rise_after_a_long_silence_is_all_of_the_last_minute() -> None:
    assert rises((0, 100), (600, 109))[-1] == Rise(9, 9)


def test_key_that_went_away_begins_anew() -> None:
    kept: CounterWindow[int] = CounterWindow()
    kept.update({7: 100}, 0)
    kept.update({}, SECOND)
    assert kept.update({7: 150}, 2 * SECOND) == {7: Rise(0, 0)}
