"""What is narrated when: time is in the test's hand."""

from tcpwatch.monitor.traffic.packet_log import LATENESS_NS
from tcpwatch.narration import pacing as module
from tcpwatch.narration.pacing import LEAST_NS, MOST_NS, NarratedAct, Narrator, reading_ns, words_of
from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.state import State
from tcpwatch.text.duration import SECOND_NS
from tests.builders import event
from tests.narration.test_ladder import traced
from tests.narration.traces import OPENING, segments_of

ADVICE = "Watch the states."
T = 1_000 * SECOND_NS
READ = T + reading_ns(ADVICE)
ACT = NarratedAct(T, "A client connects.")
DONE = READ + reading_ns(ACT.message)
LONG = MOST_NS + LATENESS_NS  # enough for anything to be read, and for nothing earlier to come


def at(moved: Event, time_ns: int) -> Event:
    moved.segment.time_ns = time_ns
    return moved


def handshake(time_ns: int) -> list[Event]:
    return [at(one, time_ns + number) for number, one in enumerate(traced(*OPENING))]


def narrating(*acts: NarratedAct, events: list[Event], hurried: bool = False) -> Narrator:
    narrator = Narrator(ADVICE, T, hurried=hurried)
    narrator.receive(acts, events)
    return narrator


def tell(narrator: Narrator, *moments_ns: int) -> None:
    for now_ns in moments_ns:
        narrator.advance(now_ns, now_ns + LONG)


def step_of(narrator: Narrator) -> Step | None:
    return narrator.segment.event.step if narrator.segment else None


def test_reading_takes_three_words_a_second_within_limits_in_any_script() -> None:
    assert reading_ns("x" * 90) == 5 * SECOND_NS == reading_ns("字" * 45)
    assert (reading_ns("yes"), reading_ns("x" * 9_999)) == (LEAST_NS, MOST_NS)


def test_advice_comes_first_and_stays_to_be_read() -> None:
    narrator = narrating(ACT, events=handshake(T + 1))
    tell(narrator, READ - 1)
    assert (narrator.message, narrator.segment, narrator.time_ns) == (ADVICE, None, None)
    tell(narrator, READ)
    assert (narrator.message, narrator.segment, narrator.time_ns) == ("A client connects.", None, T)


def test_segments_are_told_one_by_one_each_for_as_long_as_it_takes_to_read() -> None:
    narrator = narrating(ACT, events=handshake(T + 1))
    now_ns = DONE
    tell(narrator, READ)
    for number, narrated in enumerate(segments_of(*OPENING)):
        tell(narrator, now_ns - 1)
        assert narrator.waiting == 3 - number
        tell(narrator, now_ns)
        assert step_of(narrator) is narrated.event.step
        assert not narrator.at_rest(now_ns)
        now_ns += reading_ns(words_of(narrated, str))
    assert narrator.at_rest(now_ns)
    assert (narrator.message, narrator.time_ns) == ("A client connects.", T + 3)


def test_who_reads_has_to_read_the_sentence_and_what_moves() -> None:
    assert words_of(segments_of(*OPENING)[2], str) == (
        "3/3: the client acknowledges the server's SYN: ack 5\N{NO-BREAK SPACE}001 is that ISN + 1. Both may send now. "
        "the server SYN-RECEIVED → ESTABLISHED"
    )


def test_what_comes_late_is_told_in_its_order() -> None:
    narrator = narrating(NarratedAct(T, "first"), NarratedAct(T + SECOND_NS, "third"), events=[])
    narrator.receive((), handshake(T + 5)[:1])
    narrator.advance(READ, T + LATENESS_NS)
    narrator.advance(READ + LEAST_NS, T + LATENESS_NS + 6)
    assert (narrator.message, step_of(narrator)) == ("first", Step.SYN)


def test_nothing_is_told_before_something_earlier_could_have_come() -> None:
    narrator = narrating(NarratedAct(T, "now"), events=[])
    narrator.advance(READ, T + LATENESS_NS - 1)
    assert narrator.message == ADVICE
    narrator.advance(READ, T + LATENESS_NS)
    assert narrator.message == "now"


def test_segments_from_before_the_first_act_are_not_told() -> None:
    syn, answer, ack = handshake(T)
    narrator = narrating(events=[syn, answer, at(ack, T + 9)])
    tell(narrator, READ)
    assert narrator.begun_ns is None
    narrator.receive([NarratedAct(T + 3, "begins")], [])
    tell(narrator, READ, READ + LONG)
    assert step_of(narrator) is Step.HANDSHAKE_ACK


def test_what_has_no_acts_begins_at_once_and_has_its_steps_told_alone() -> None:
    narrator = Narrator(ADVICE, T, begun_ns=T)
    narrator.receive((), [at(one, T + number) for number, one in enumerate(traced(*OPENING, "> P. 1:15(14) ack 1"), 1)])
    tell(narrator, READ)
    assert (narrator.message, step_of(narrator)) == (ADVICE, Step.SYN)
    tell(narrator, READ + LONG, READ + 2 * LONG, READ + 3 * LONG)
    assert (step_of(narrator), narrator.waiting, narrator.left_out) == (Step.HANDSHAKE_ACK, 0, 1)


def test_new_act_takes_the_last_segment_away() -> None:
    narrator = narrating(ACT, NarratedAct(T + SECOND_NS, "two"), events=handshake(T + 1)[:1])
    narrator.advance(READ, T + LATENESS_NS)
    tell(narrator, DONE, DONE + LONG)
    assert (narrator.message, narrator.segment) == ("two", None)


def test_of_two_acts_that_wait_the_older_is_past_with_all_that_came_of_it() -> None:
    narrator = narrating(ACT, events=handshake(T + 1), hurried=True)
    tell(narrator, READ, DONE)
    narrator.receive([NarratedAct(T + SECOND_NS, "two")], [])
    tell(narrator, DONE)
    assert step_of(narrator) is Step.SYN
    narrator.receive([NarratedAct(T + 2 * SECOND_NS, "three")], [])
    tell(narrator, DONE)
    assert (narrator.message, narrator.segment, narrator.waiting, narrator.left_out) == ("three", None, 0, 2)
    assert [narrated.event.step for narrated in narrator.passed] == [Step.SYN, Step.SYN_ACK, Step.HANDSHAKE_ACK]


def test_where_it_is_waited_for_nothing_is_past() -> None:
    narrator = narrating(
        ACT, NarratedAct(T + 2 * SECOND_NS, "two"), NarratedAct(T + 3 * SECOND_NS, "three"), events=handshake(T + 1)
    )
    tell(narrator, READ, *(READ + number * LONG for number in range(1, 4)))
    assert (step_of(narrator), narrator.left_out, narrator.waiting) == (Step.HANDSHAKE_ACK, 0, 2)


def test_what_is_alike_on_other_connections_is_told_with_the_first() -> None:
    syns = [at(event(stream=number), T + number) for number in range(24)]
    answer = at(event(stream=0, step=Step.SYN_ACK), T + 30)
    narrator = narrating(ACT, events=[*syns, answer])
    tell(narrator, READ, DONE)
    assert (narrator.alike, narrator.waiting) == (23, 1)
    tell(narrator, DONE + LONG)
    assert (step_of(narrator), narrator.alike) == (Step.SYN_ACK, 0)


def test_what_is_alike_after_another_act_is_not_told_with_it() -> None:
    narrator = narrating(ACT, events=[at(event(stream=1), T + 1), at(event(stream=2), T + 3)])
    narrator.receive([NarratedAct(T + 2, "two")], [])
    narrator.advance(READ, T + LATENESS_NS + 1)
    narrator.advance(DONE, T + LATENESS_NS + 1)
    assert (narrator.alike, narrator.waiting) == (0, 2)


def test_what_was_told_before_is_told_again_only_where_nothing_waits() -> None:
    talk = traced(*OPENING, "> P. 1:15(14) ack 1", "< . 1:1(0) ack 15", "< P. 1:15(14) ack 15", "> . 15:15(0) ack 15")
    narrator = narrating(ACT, events=[at(one, T + number) for number, one in enumerate(talk, 1)])
    tell(narrator, READ, DONE, *(DONE + number * LONG for number in range(1, 5)))
    assert narrator.waiting == 2
    last_ns = DONE + 5 * LONG
    tell(narrator, last_ns)
    assert narrator.segment is not None
    assert narrator.segment.event.seq == 15
    assert (narrator.left_out, len(narrator.passed), narrator.at_rest(last_ns + LEAST_NS)) == (1, 7, True)


def test_reader_may_go_on_sooner() -> None:
    narrator = narrating(ACT, events=handshake(T + 1))
    tell(narrator, READ)
    narrator.go_on(READ)
    tell(narrator, READ)
    assert step_of(narrator) is Step.SYN


def test_reader_may_catch_up_with_what_is_newest() -> None:
    narrator = narrating(ACT, events=handshake(T + 1))
    narrator.catch_up(T)
    tell(narrator, T)
    assert (narrator.message, step_of(narrator), narrator.left_out) == ("A client connects.", Step.HANDSHAKE_ACK, 2)


def test_narrator_is_bounded() -> None:
    events = [at(event(stream=number), T) for number in range(module.NARRATION_LIMIT + 5)]
    narrator = narrating(NarratedAct(T, "x"), events=events)
    assert (narrator.waiting, narrator.left_out) == (module.NARRATION_LIMIT, 6)
    tell(narrator, READ, DONE)
    assert len(narrator._passed) == module.CONNECTIONS


def test_kinds_that_are_known_are_bounded() -> None:
    """Whoever writes the payloads can make each segment one of a new kind."""
    narrator = narrating(NarratedAct(T, "x"), events=[])
    for number in range(module.NARRATION_LIMIT + 5):
        narrator.receive([], [at(event(stream=0, app=f"GET /{number}"), T + number)])
        tell(narrator, READ + (number + 1) * LONG)
    assert narrator.segment is not None
    assert 0 < len(narrator._known) <= module.NARRATION_LIMIT


def test_what_was_act_at_a_moment() -> None:
    narrator = narrating(NarratedAct(T, "one"), NarratedAct(T + SECOND_NS, "two"), events=[])
    moments = (None, T - 1, T, T + SECOND_NS + 1)
    assert [narrator.act_at(moment) for moment in moments] == ["one", "", "one", "two"]
    assert Narrator("", T).act_at(None) == ""


LOST = ("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)")


def test_answer_that_was_lost_is_told_as_lost_where_that_is_known_in_time() -> None:
    narrator = narrating(ACT, events=[at(one, T + number) for number, one in enumerate(traced(*LOST))])
    tell(narrator, READ, DONE, DONE + LONG)
    assert step_of(narrator) is Step.SYN_ACK
    assert narrator.segment is not None
    assert (narrator.segment.lost, narrator.segment.state_of(0)) == (True, State.SYN_SENT)


def test_segment_that_is_being_told_and_what_was_told_are_corrected_too() -> None:
    lost = traced(*LOST)
    narrator = narrating(ACT, events=[at(one, T + number) for number, one in enumerate(lost[:2])])
    tell(narrator, READ, DONE, DONE + LONG)
    narrator.receive((), lost[2:])
    assert narrator.segment is not None
    assert narrator.segment.lost
    assert [narrated.lost for narrated in narrator.passed] == [False, True]
