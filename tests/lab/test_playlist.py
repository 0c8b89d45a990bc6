from tcpwatch.lab.playlist import TOUR_ADVICE, TOUR_NAME, TOUR_TITLE, Playlist
from tcpwatch.lab.scenarios import find_scenario

FIRST, SECOND = find_scenario("refused"), find_scenario("half-close")


def test_playlist_begins_before_its_first() -> None:
    playlist = Playlist([FIRST, SECOND])
    assert (playlist.number, playlist.count, playlist.scenario) == (0, 2, None)
    assert (playlist.name, playlist.title, playlist.watch) == (TOUR_NAME, TOUR_TITLE, TOUR_ADVICE)
    assert not playlist.last


def test_playlist_says_of_itself_what_is_on() -> None:
    playlist = Playlist([FIRST, SECOND])
    assert playlist.move_by(2) is SECOND
    assert (playlist.name, playlist.title, playlist.watch) == ("half-close", SECOND.title, SECOND.advice)
    assert playlist.last


def test_playlist_moves_no_further_than_its_ends_and_begins_anew() -> None:
    playlist = Playlist([FIRST, SECOND])
    for steps, number in ((-1, 1), (1, 2), (1, 2), (0, 2), (-5, 1)):
        playlist.over, playlist.failure = True, "it fell over"
        playlist.move_by(steps)
        assert (playlist.number, playlist.over, playlist.failure) == (number, False, None)
