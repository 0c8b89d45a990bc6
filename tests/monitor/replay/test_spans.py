from tcpwatch.monitor.history import MARK_NS
from tcpwatch.monitor.replay.spans import NEVER_NS, TWO_MSL_NS, following
from tcpwatch.tcp.state import State


def test_end_whose_state_stays_keeps_its_span() -> None:
    first = following(None, 5, (State.SYN_SENT, State.LISTEN), seen=True)
    second = following(first, 9, (State.SYN_SENT, State.SYN_RECEIVED), seen=True)
    assert second.spans[0] is first.spans[0]
    assert second.spans[1].since_ns == 9
    assert second.spans[1].before is first.spans[1]
    assert second.settled_ns == 9 + MARK_NS


def test_change_expires_with_the_first_time_wait() -> None:
    waits = following(None, 5, (State.TIME_WAIT, State.LAST_ACK), seen=True)
    assert waits.expires_ns == 5 + TWO_MSL_NS
    assert following(None, 5, (State.ESTABLISHED, State.LAST_ACK), seen=True).expires_ns == NEVER_NS


def test_last_moment_there_is_does_not_overflow() -> None:
    late = following(None, NEVER_NS, (State.TIME_WAIT, State.TIME_WAIT), seen=True)
    assert (late.settled_ns, late.expires_ns) == (NEVER_NS, NEVER_NS)
