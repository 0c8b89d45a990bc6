from tcpwatch.monitor.replay.tracker import ReplayTracker
from tcpwatch.wire.decode import Decoder
from tests.monitor.conversation import HANDSHAKE


def test_segments_after_letting_go_are_only_counted() -> None:
    decoder, tracker = Decoder(), ReplayTracker()
    segments = [decoder.decode(number, *frame) for number, frame in enumerate(HANDSHAKE)]
    assert len(tracker.receive_segments(segments)) == 3
    assert len(tracker.flows()) == 1
    tracker.let_go()
    events = tracker.receive_segments([None, *segments])
    assert [event.segment for event in events] == segments
    assert tracker.flows() == []
