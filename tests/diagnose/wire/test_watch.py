"""Which segments are worth a note, and that ordinary ones are not."""

from tcpwatch.diagnose.wire.signs import Note, Sign
from tcpwatch.diagnose.wire.watch import FlowWatch
from tcpwatch.tcp.tracker import FlowTracker
from tests.diagnose.wire.traces import OPEN
from tests.tcp.trace import segments


def notes(*lines: str) -> list[Note]:
    tracker, watch = FlowTracker(), FlowWatch()
    return [note for one in segments(lines) for note in watch.see(tracker.receive_segment(one))]


def signs(*lines: str) -> list[Sign]:
    return [note.sign for note in notes(*lines) if note.stands]


def test_ordinary_connection_raises_only_what_its_handshake_takes_back() -> None:
    data = ("> P. 1:101(100) ack 1", "< P. 1:51(50) ack 101", "> . 101(0) ack 51")
    assert signs(*OPEN, *data) == [Sign.SYN, Sign.SYN_ACK]


def test_window_is_open_again_with_any_segment_that_has_room() -> None:
    found = signs(*OPEN, "> P. 1:101(100) ack 1", "< . 1(0) ack 101 win 0", "+900 < P. 1:51(50) ack 101 win 509")
    assert found[2:] == [Sign.SHUT, Sign.REOPENED]


def test_probe_of_a_shut_window_is_no_keep_alive() -> None:
    found = signs(*OPEN, "> P. 1:101(100) ack 1", "< . 1(0) ack 101 win 0", "+200 > . 100:100(0) ack 1")
    assert found[2:] == [Sign.SHUT, Sign.PROBED]


def test_segment_that_waits_for_room_is_not_sent_again_for_loss() -> None:
    again = "+200 > P. 1:101(100) ack 1 win 502"
    shut = "< . 1(0) ack 1 win 0"
    assert Sign.REPEATED not in signs(*OPEN, "> P. 1:101(100) ack 1", shut, again, again, again)


def test_other_direction_that_comes_late_takes_back_that_one_is_missing() -> None:
    sent = [f"> P. {1 + 100 * n}:{101 + 100 * n}(100) ack 1" for n in range(4)]
    found = [note for note in notes(*sent, "< . 1(0) ack 401") if note.sign is Sign.ONE_SIDED]
    assert [note.stands for note in found] == [True, True, False]


def test_many_retransmissions_of_much_that_arrives_are_no_storm() -> None:
    step = 1_448
    lines = []
    for n in range(25):
        at = 1 + n * 100 * step
        lines += [
            f"> . {at}:{at + 100 * step}(65000) ack 1",
            f"+50 > . {at}:{at + step}(1448) ack 1",
            f"< . 1(0) ack {at + 65000}",
        ]
    assert Sign.MANY_RETRANSMISSIONS not in signs(*OPEN, *lines)
