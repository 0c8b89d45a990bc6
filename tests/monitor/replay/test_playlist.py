from tcpwatch.monitor.replay.playlist import RecordedPlaylist
from tests.monitor.replaying import CONVERSATION, recorded


def test_reel_is_what_is_on() -> None:
    one = recorded(*CONVERSATION)
    playlist = RecordedPlaylist(one)
    assert playlist.packets.slice(1, 3) == (1, one.events[1:3])
    assert playlist.snapshot() is one.snapshot()
    ends = one.events[0].segment.ends
    assert playlist.detail(ends) == one.detail(ends)
    assert playlist.now_ns() == one.now_ns()
    playlist.stop()


def test_segments_of_the_next_are_numbered_on() -> None:
    one, other = recorded(*CONVERSATION), recorded(*CONVERSATION)
    playlist = RecordedPlaylist(one)
    passed = playlist.packets.end
    playlist.change(other)
    other.playhead.seek(0)
    other.playhead.step(2)
    assert (playlist.packets.first, playlist.packets.end) == (passed, passed + 2)
    assert playlist.packets.slice(0) == (passed, other.events[:2])
    assert playlist.packets.slice(passed + 1, passed + 9) == (passed + 1, other.events[1:2])
    assert playlist.packets.slice(0, 1) == (passed, [])
