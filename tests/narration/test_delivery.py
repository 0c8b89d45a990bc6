"""What is remembered of a connection; `test_step` has it as wire traces."""

from tcpwatch.narration.delivery import PeerKnowledge, Proof, denies_connection, swapped
from tcpwatch.tcp.state import State
from tests.builders import event
from tests.narration.traces import OPENING, segments_of


def test_past_before_anything_knows_nothing() -> None:
    knowledge = PeerKnowledge()
    assert knowledge.states_before(event(), []) is None
    assert knowledge.proofs(event()) == []


def test_past_finds_the_ends_as_proofs_show_them() -> None:
    knowledge = PeerKnowledge()
    knowledge.states = (State.ESTABLISHED, State.CLOSE_WAIT)
    assert knowledge.states_before(event(), [Proof(1, State.ESTABLISHED)]) == (State.ESTABLISHED, State.ESTABLISHED)


def test_swapped_goes_by_the_sender() -> None:
    states = (State.SYN_SENT, State.LISTEN)
    assert swapped(states, event(side=0)) == states
    assert swapped(states, event(side=1)) == states[::-1]


def test_rst_with_an_ack_comes_from_a_connection() -> None:
    assert denies_connection(segments_of(*OPENING, "> R 1:1(0)")[-1].event)
    assert not denies_connection(segments_of(*OPENING, "> R. 1:1(0) ack 1")[-1].event)
