from tcpwatch.monitor.replay.playlist import Reel
from tests.monitor.replaying import CONVERSATION, recorded


def test_reel_is_what_is_on() -> None:
    one = recorded(*CONVERSATION)
    reel = Reel(one)
    assert reel.packets.slice(1, 3) == (1, one.events[1:3])
    assert reel.snapshot() is one.snapshot()
    ends = one.events[0].segment.ends
    assert reel.detail(ends) == one.detail(ends)
    assert reel.now_ns() == one.now_ns()
    reel.stop()


def test_segments_of_the_next_are_numbered_on() -> None:
    one, other = recorded(*CONVERSATION), recorded(*CONVERSATION)
    reel = Reel(one)
    passed = reel.packets.end
    reel.change(other)
    other.playhead.seek(0)
    other.playhead.step(2)
    assert (reel.packets.first, reel.packets.end) == (passed, passed + 2)
    assert reel.packets.slice(0) == (passed, other.events[:2])
    assert reel.packets.slice(passed + 1, passed + 9) == (passed + 1, other.events[1:2])
    assert reel.packets.slice(0, 1) == (passed, [])
