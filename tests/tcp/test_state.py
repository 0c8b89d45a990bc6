import pytest

from tcpwatch.errors import UsageError
from tcpwatch.tcp.state import AWAITING_ACK, TRANSITIONS, State, Stimulus, advance, parse_state

# RFC 9293 figure 5, one path per line.
PATHS = {
    "active open": (State.CLOSED, [Stimulus.SEND_SYN, Stimulus.RECEIVE_SYN_ACK], State.ESTABLISHED),
    "passive open": (State.LISTEN, [Stimulus.SEND_SYN_ACK, Stimulus.RECEIVE_ACK_OF_SYN], State.ESTABLISHED),
    "simultaneous open": (
        State.CLOSED,
        [Stimulus.SEND_SYN, Stimulus.RECEIVE_SYN, Stimulus.RECEIVE_ACK_OF_SYN],
        State.ESTABLISHED,
    ),
    "active close": (
        State.ESTABLISHED,
        [Stimulus.SEND_FIN, Stimulus.RECEIVE_ACK_OF_FIN, Stimulus.RECEIVE_FIN],
        State.TIME_WAIT,
    ),
    "passive close": (
        State.ESTABLISHED,
        [Stimulus.RECEIVE_FIN, Stimulus.SEND_FIN, Stimulus.RECEIVE_ACK_OF_FIN],
        State.CLOSED,
    ),
    "simultaneous close": (
        State.ESTABLISHED,
        [Stimulus.SEND_FIN, Stimulus.RECEIVE_FIN, Stimulus.RECEIVE_ACK_OF_FIN],
        State.TIME_WAIT,
    ),
    "simultaneous close, the FIN seen second": (
        State.ESTABLISHED,
        [Stimulus.RECEIVE_FIN, Stimulus.SEND_CROSSING_FIN, Stimulus.RECEIVE_ACK_OF_FIN],
        State.TIME_WAIT,
    ),
    "close before the handshake ends": (State.SYN_RECEIVED, [Stimulus.SEND_FIN], State.FIN_WAIT_1),
    "peer closes before the handshake ends": (State.SYN_RECEIVED, [Stimulus.RECEIVE_FIN], State.CLOSE_WAIT),
    "simultaneous open, ended by the SYN-ACK": (State.SYN_RECEIVED, [Stimulus.RECEIVE_SYN_ACK], State.ESTABLISHED),
    "a listener sends a SYN": (State.LISTEN, [Stimulus.SEND_SYN], State.SYN_SENT),
    "a closed port opens": (State.CLOSED, [Stimulus.SEND_SYN_ACK], State.SYN_RECEIVED),
    "a passive opener is reset": (State.SYN_RECEIVED, [Stimulus.RECEIVE_RST_PASSIVE], State.LISTEN),
}


@pytest.mark.parametrize("path", PATHS)
def test_transitions_follow_figure_5(path: str) -> None:
    start, stimuli, end = PATHS[path]
    states = [start, State.LISTEN]
    for stimulus in stimuli:
        advance(states, 0, stimulus)
    assert states == [end, State.LISTEN]


def test_transitions_have_no_unused_row() -> None:
    walked = set()
    for start, stimuli, _ in PATHS.values():
        states = [start, State.LISTEN]
        for stimulus in stimuli:
            walked.add((states[0], stimulus))
            advance(states, 0, stimulus)
    of_any_state = {Stimulus.RECEIVE_RST, Stimulus.SEND_RST, Stimulus.INFER_OPEN}
    assert {row for row in TRANSITIONS if row[1] not in of_any_state} == walked


@pytest.mark.parametrize("state", [state for state in State if state is not State.LISTEN])
def test_advance_rst_closes_every_state_but_listen(state: State) -> None:
    states = [state, State.LISTEN]
    advance(states, 0, Stimulus.RECEIVE_RST)
    advance(states, 1, Stimulus.RECEIVE_RST)
    assert states == [State.CLOSED, State.LISTEN]


@pytest.mark.parametrize("state", State)
def test_advance_sent_rst_closes_every_state(state: State) -> None:
    states = [state]
    advance(states, 0, Stimulus.SEND_RST)
    assert states == [State.CLOSED]


@pytest.mark.parametrize("state", State)
def test_advance_inference_moves_only_the_states_before_established(state: State) -> None:
    states = [state]
    advance(states, 0, Stimulus.INFER_OPEN)
    before = {State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED}
    assert states == [State.ESTABLISHED if state in before else state]


def test_advance_without_a_row_changes_nothing() -> None:
    states = [State.TIME_WAIT]
    advance(states, 0, Stimulus.SEND_FIN)
    assert states == [State.TIME_WAIT]


def test_awaiting_ack_names_the_states_an_ack_moves() -> None:
    acks = {Stimulus.RECEIVE_SYN_ACK, Stimulus.RECEIVE_ACK_OF_SYN, Stimulus.RECEIVE_ACK_OF_FIN}
    assert {state for state, stimulus in TRANSITIONS if stimulus in acks} == AWAITING_ACK


@pytest.mark.parametrize(
    ("text", "state"),
    [
        *((str(state), state) for state in State),
        ("close_wait", State.CLOSE_WAIT),
        ("CloseWait", State.CLOSE_WAIT),
        ("estab", State.ESTABLISHED),
        ("syn-recv", State.SYN_RECEIVED),
        ("SYN_RCVD", State.SYN_RECEIVED),
        ("FIN_WAIT1", State.FIN_WAIT_1),
        ("fin-wait-2", State.FIN_WAIT_2),
        ("timewait", State.TIME_WAIT),
        ("last ack", State.LAST_ACK),
        ("unconn", State.CLOSED),
        ("close", State.CLOSED),
    ],
)
def test_parse_state_spelling(text: str, state: State) -> None:
    assert parse_state(text) is state


@pytest.mark.parametrize("text", ["", "closewaiting", "half-open"])
def test_parse_state_unknown_names_the_states(text: str) -> None:
    with pytest.raises(UsageError, match="CLOSE-WAIT"):
        parse_state(text)
