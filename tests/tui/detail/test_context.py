from dataclasses import replace

from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.context import tab_context
from tests.tui.canned import MONO_NS, details, server_end

LEAK = details()[server_end(53420)]


def test_ends_have_what_is_known_of_each() -> None:
    context = tab_context(LEAK, MONO_NS, 118)
    assert [end.title for end in context.ends] == ["here", "peer"]
    assert (context.here.connection, context.here.tcbs, context.here.info) == (LEAK.connection, LEAK.here, LEAK.info)
    assert (context.peer.connection, context.peer.tcbs) == (LEAK.peer, LEAK.there)


def test_ends_have_the_states_and_retransmissions_of_the_wire() -> None:
    assert LEAK.flow
    seen = replace(LEAK.flow, here_state=State.CLOSE_WAIT, there_state=State.FIN_WAIT_2, retrans_segs=(3, 4))
    context = tab_context(replace(LEAK, flow=seen), MONO_NS, 118)
    assert [(end.state, end.retrans_segs) for end in context.ends] == [(State.CLOSE_WAIT, 3), (State.FIN_WAIT_2, 4)]
    unseen = tab_context(replace(LEAK, flow=None), MONO_NS, 118)
    assert [(end.state, end.retrans_segs) for end in unseen.ends] == [(None, None)] * 2


def test_end_that_has_not_answered_is_not_said_to_listen() -> None:
    assert LEAK.flow
    asked = replace(LEAK.flow, here_state=State.SYN_SENT, there_state=State.LISTEN, segs=(4, 0))
    assert tab_context(replace(LEAK, flow=asked), MONO_NS, 118).peer.state is None
    answered = replace(asked, segs=(4, 1))
    assert tab_context(replace(LEAK, flow=answered), MONO_NS, 118).peer.state is State.LISTEN


def test_heads_take_two_lines_where_the_half_is_narrow() -> None:
    wide, narrow = tab_context(LEAK, MONO_NS, 118), tab_context(LEAK, MONO_NS, 78)
    assert (wide.roomy, wide.half_width, [len(head) for head in wide.heads]) == (True, 57, [1, 1])
    assert (narrow.roomy, narrow.half_width, [len(head) for head in narrow.heads]) == (False, 37, [2, 2])
