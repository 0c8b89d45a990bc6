from tcpwatch.lab.playlist import NAME, TITLE, WATCH, Playlist
from tcpwatch.lab.scenarios import find_scenario

FIRST, SECOND = find_scenario("refused"), find_scenario("half-close")


def test_programme_begins_before_its_first() -> None:
    programme = Playlist([FIRST, SECOND])
    assert (programme.number, programme.count, programme.scenario) == (0, 2, None)
    assert (programme.name, programme.title, programme.watch) == (NAME, TITLE, WATCH)
    assert not programme.last


def test_programme_says_of_itself_what_is_on() -> None:
    programme = Playlist([FIRST, SECOND])
    assert programme.turn(2) is SECOND
    assert (programme.name, programme.title, programme.watch) == ("half-close", SECOND.title, SECOND.advice)
    assert programme.last


def test_programme_turns_no_further_than_its_ends_and_begins_anew() -> None:
    programme = Playlist([FIRST, SECOND])
    for turned, number in ((-1, 1), (1, 2), (1, 2), (0, 2), (-5, 1)):
        programme.over, programme.failure = True, "it fell over"
        programme.turn(turned)
        assert (programme.number, programme.over, programme.failure) == (number, False, None)
