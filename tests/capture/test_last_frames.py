"""Which frames are kept."""

from collections.abc import Sequence

from tcpwatch.capture.frame import Frame, Statistics
from tcpwatch.capture.last_frames import KeptSource, LastFrames


def frames(*numbers: int) -> list[Frame]:
    return [(number, 1, bytes(10), 60) for number in numbers]


class Source:
    name, link_type, working, message = "lo", 1, True, "all is well"
    closed = False

    def __init__(self) -> None:
        self.waiting = frames(1, 2)

    def frames(self, timeout_ms: int) -> Sequence[Frame]:
        return self.waiting

    def statistics(self) -> Statistics:
        return Statistics(2, 0)

    def close(self) -> None:
        self.closed = True


def test_oldest_frames_fall_out_and_are_counted() -> None:
    last = LastFrames(most_frames=3)
    last.add("lo", frames(1, 2))
    last.add("eth0", frames(3, 4, 5))
    assert [(name, frame[0]) for name, frame in last.all()] == [("eth0", 3), ("eth0", 4), ("eth0", 5)]
    assert last.fallen_out == 2


def test_long_frames_fall_out_sooner() -> None:
    last = LastFrames(most_bytes=25)
    last.add("lo", frames(1, 2, 3))
    assert [frame[0] for _, frame in last.all()] == [2, 3]


def test_source_gives_the_same_frames_on() -> None:
    source, last = Source(), LastFrames()
    kept = KeptSource(source, last)
    assert kept.frames(100) is source.waiting
    assert [name for name, _ in last.all()] == ["lo", "lo"]
    assert (kept.name, kept.link_type, kept.working, kept.message) == ("lo", 1, True, "all is well")
    assert kept.statistics() == (2, 0)
    kept.close()
    assert source.closed
