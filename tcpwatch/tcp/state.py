"""The TCP states of RFC 9293 §3.3.2 and the transitions between them (figure 5), as one table.

Rule: every transition is a row of TRANSITIONS, and advance() is the only function that assigns a State.
A stimulus without a row changes nothing.
"""

from enum import Enum, StrEnum, auto

from tcpwatch.errors import UsageError


class State(StrEnum):
    """A state of one end of a connection, in RFC 9293's words."""

    LISTEN = "LISTEN"
    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"
    CLOSED = "CLOSED"


class Stimulus(Enum):
    """Something that an end sends or receives and that may change its state."""

    SEND_SYN = auto()
    SEND_SYN_ACK = auto()
    RECEIVE_SYN = auto()
    RECEIVE_SYN_ACK = auto()
    RECEIVE_ACK_OF_SYN = auto()
    SEND_FIN = auto()
    SEND_CROSSING_FIN = auto()  # a FIN sent before the peer's FIN arrived, although the peer's FIN was captured first
    RECEIVE_FIN = auto()
    RECEIVE_ACK_OF_FIN = auto()
    SEND_RST = auto()
    RECEIVE_RST = auto()
    RECEIVE_RST_PASSIVE = auto()  # by an end that entered SYN-RECEIVED from LISTEN
    INFER_OPEN = auto()  # the handshake was not captured


# RFC 9293 figure 5. The wire does not show OPEN and CLOSE calls: the segment that an end sends represents the call.
TRANSITIONS: dict[tuple[State, Stimulus], State] = {
    # opening
    (State.CLOSED, Stimulus.SEND_SYN): State.SYN_SENT,
    (State.LISTEN, Stimulus.SEND_SYN): State.SYN_SENT,
    (State.LISTEN, Stimulus.SEND_SYN_ACK): State.SYN_RECEIVED,
    (State.CLOSED, Stimulus.SEND_SYN_ACK): State.SYN_RECEIVED,  # it was listening
    (State.SYN_SENT, Stimulus.RECEIVE_SYN): State.SYN_RECEIVED,
    (State.SYN_SENT, Stimulus.RECEIVE_SYN_ACK): State.ESTABLISHED,
    (State.SYN_RECEIVED, Stimulus.RECEIVE_SYN_ACK): State.ESTABLISHED,
    (State.SYN_RECEIVED, Stimulus.RECEIVE_ACK_OF_SYN): State.ESTABLISHED,
    # closing, by the end that closes first
    (State.SYN_RECEIVED, Stimulus.SEND_FIN): State.FIN_WAIT_1,
    (State.ESTABLISHED, Stimulus.SEND_FIN): State.FIN_WAIT_1,
    (State.FIN_WAIT_1, Stimulus.RECEIVE_ACK_OF_FIN): State.FIN_WAIT_2,
    (State.FIN_WAIT_2, Stimulus.RECEIVE_FIN): State.TIME_WAIT,
    # closing, by the end that closes second
    (State.SYN_RECEIVED, Stimulus.RECEIVE_FIN): State.CLOSE_WAIT,
    (State.ESTABLISHED, Stimulus.RECEIVE_FIN): State.CLOSE_WAIT,
    (State.CLOSE_WAIT, Stimulus.SEND_FIN): State.LAST_ACK,
    (State.LAST_ACK, Stimulus.RECEIVE_ACK_OF_FIN): State.CLOSED,
    # closing, both at the same moment (figure 13)
    (State.FIN_WAIT_1, Stimulus.RECEIVE_FIN): State.CLOSING,
    (State.CLOSE_WAIT, Stimulus.SEND_CROSSING_FIN): State.CLOSING,
    (State.CLOSING, Stimulus.RECEIVE_ACK_OF_FIN): State.TIME_WAIT,
    # reset (§3.10.7.4); a passive opener returns to LISTEN
    (State.SYN_RECEIVED, Stimulus.RECEIVE_RST_PASSIVE): State.LISTEN,
    **{(state, Stimulus.RECEIVE_RST): State.CLOSED for state in State if state is not State.LISTEN},
    **{(state, Stimulus.SEND_RST): State.CLOSED for state in State},
    # mid-stream
    **{
        (state, Stimulus.INFER_OPEN): State.ESTABLISHED
        for state in (State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED)
    },
}

# States in which an end waits for the ACK of its SYN or FIN.
AWAITING_ACK = frozenset(
    {State.SYN_SENT, State.SYN_RECEIVED, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK},
)

# States without a connection, or in which no more data can arrive.
OVER = frozenset({State.LISTEN, State.CLOSED, State.TIME_WAIT})


def advance(states: list[State], side: int, stimulus: Stimulus) -> None:
    """Move the end `side` of a connection as in TRANSITIONS."""
    states[side] = TRANSITIONS.get((states[side], stimulus), states[side])


_SPELLINGS = {state.replace("-", ""): state for state in State} | {
    "ESTAB": State.ESTABLISHED,
    "SYNRECV": State.SYN_RECEIVED,
    "SYNRCVD": State.SYN_RECEIVED,
    "CLOSE": State.CLOSED,
    "UNCONN": State.CLOSED,
}


def parse_state(text: str) -> State:
    """The state named by `text` in any common spelling: `close_wait`, `CLOSE-WAIT`, `estab`, `FIN_WAIT1`.

    Raises UsageError, which lists the states, if it names none.
    """
    letters = "".join(character for character in text.upper() if character not in "-_ ")
    try:
        return _SPELLINGS[letters]
    except KeyError:
        raise UsageError(f"no TCP state {text!r}; there are {', '.join(State)}") from None
