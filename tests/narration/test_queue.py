from dataclasses import replace

from tcpwatch.monitor.traffic.packet_log import LATENESS_NS
from tcpwatch.narration.queue import NarrationQueue
from tcpwatch.narration.step import NarratedSegment
from tests.narration.traces import OPENING, segments_of

SYN, SYN_ACK, ACK = segments_of(*OPENING)
LOST = ("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)")


def queue_of(*items: tuple[int, NarratedSegment | str]) -> NarrationQueue[str]:
    queue = NarrationQueue[str]()
    for time_ns, item in items:
        queue.add(time_ns, item)
    return queue


def emptied(queue: NarrationQueue[str]) -> list[tuple[int, NarratedSegment | str]]:
    return [queue.pop() for _ in range(len(queue))]


def on_stream(stream: int, narrated: NarratedSegment) -> NarratedSegment:
    return narrated._replace(event=replace(narrated.event, stream=stream))


def test_queue_gives_the_earliest_first_and_of_one_moment_what_arrived_first() -> None:
    queue = queue_of((2, "c"), (1, SYN), (2, "a"), (1, "b"))
    assert queue.first is SYN
    assert emptied(queue) == [(1, SYN), (1, "b"), (2, "c"), (2, "a")]
    assert queue.first is None


def test_item_is_due_when_nothing_earlier_can_be_on_its_way() -> None:
    queue = queue_of((7, "late"), (5, "early"))
    assert (queue.has_due(4 + LATENESS_NS), queue.has_due(5 + LATENESS_NS)) == (False, True)
    assert (queue.due(6 + LATENESS_NS), queue.due(7 + LATENESS_NS)) == (["early"], ["early", "late"])
    assert (queue.has_due(None), queue_of().has_due(None)) == (True, False)


def test_take_alike_takes_the_same_from_other_connections_up_to_the_next_act() -> None:
    queue = queue_of((1, on_stream(1, SYN)), (2, SYN_ACK), (3, on_stream(2, SYN)), (4, "act"), (5, on_stream(3, SYN)))
    assert [narrated.event.stream for narrated in queue.take_alike(SYN)] == [1, 2]
    assert emptied(queue) == [(2, SYN_ACK), (4, "act"), (5, on_stream(3, SYN))]


def test_correct_marks_what_a_later_segment_proves_lost_and_nothing_else() -> None:
    syn, answer, again = segments_of(*LOST)
    elsewhere = on_stream(9, answer)
    queue = queue_of((3, answer), (1, syn), (2, "act"), (4, elsewhere))
    assert queue.correct(again) == []
    assert emptied(queue) == [(1, syn), (2, "act"), (3, answer.not_received_by(0, syn.after[0])), (4, elsewhere)]


def test_correct_gives_back_what_has_left_the_queue() -> None:
    syn, answer, again = segments_of(*LOST)
    queue = queue_of((4, "act"))
    assert [narrated.lost for narrated in queue.correct(again, [syn, answer])] == [False, True]
    assert emptied(queue) == [(4, "act")]


def test_correct_reads_what_waits_after_what_has_left_the_queue() -> None:
    syn, answer, again = segments_of(*LOST)
    queue = queue_of((3, answer))
    assert queue.correct(again, [syn]) == [syn]
    [(_, corrected)] = emptied(queue)
    assert isinstance(corrected, NarratedSegment)
    assert corrected.lost
