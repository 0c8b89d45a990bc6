from tcpwatch.capture.frame import Statistics
from tcpwatch.cli.losses import Losses
from tcpwatch.text.duration import SECOND_NS


class Capture:
    """Counters and a clock that are set by hand."""

    dropped = 0
    now_ns = 0

    def statistics(self) -> Statistics:
        return Statistics(1_000, self.dropped)

    def clock(self) -> int:
        return self.now_ns


def test_stalled_reader_is_the_reason_where_a_write_took_long() -> None:
    capture = Capture()
    losses = Losses(capture.statistics, capture.clock)
    with losses.writing():
        capture.now_ns += 5 * SECOND_NS
    capture.dropped = 85_926
    assert losses.look() == ("the kernel has dropped 85,926 frames: whoever reads stdout took nothing for 5.0 s")


def test_too_much_traffic_is_the_reason_where_writes_were_short() -> None:
    capture = Capture()
    losses = Losses(capture.statistics, capture.clock)
    with losses.writing():
        capture.now_ns += SECOND_NS // 100
    capture.now_ns += SECOND_NS
    capture.dropped = 1
    assert losses.look() == "the kernel has dropped 1 frame: more came than could be examined"
    assert losses.reasons == "more came than could be examined"


def test_summary_has_each_reason_with_its_frames() -> None:
    capture = Capture()
    losses = Losses(capture.statistics, capture.clock)
    assert losses.reasons == ""
    capture.dropped = 7
    losses.look(at_once=True)
    with losses.writing():
        capture.now_ns += SECOND_NS
    capture.dropped = 1_007
    losses.look()
    assert losses.reasons == "1,000: whoever reads stdout took nothing, 7: more came than could be examined"


def test_nothing_is_said_twice_nor_without_a_loss() -> None:
    capture = Capture()
    losses = Losses(capture.statistics, capture.clock)
    capture.now_ns += SECOND_NS
    assert losses.look() is None
    capture.dropped = 3
    assert losses.look() is None  # a moment later
    capture.now_ns += SECOND_NS
    assert losses.look() is not None
    capture.now_ns += SECOND_NS
    assert losses.look() is None
