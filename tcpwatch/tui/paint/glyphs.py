"""What a state and a step look like: a glyph, a word, a style. Meaning never hangs on the colour alone.

A state's circle fills as the connection lives and empties as it closes; an opening's diamonds fill step by step, a
closing's circles too.
"""

from typing import NamedTuple

from tcpwatch.diagnose.problem import Severity
from tcpwatch.monitor.snapshot import Mark
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State


class Look(NamedTuple):
    """A glyph and its style."""

    glyph: str
    style: str


class StateLook(NamedTuple):
    """A state's glyph and style, and what it means for the end that is in it."""

    glyph: str
    style: str
    message: str


# The order of the groups on the screen: trouble first, what is normal last.
STATE_LOOKS = {
    State.CLOSE_WAIT: StateLook("◐", "trouble", "the peer closed; the program here has not: it must call close()"),
    State.FIN_WAIT_1: StateLook("◔", "closing", "closed here; our FIN is not acknowledged yet"),
    State.CLOSING: StateLook("◓", "closing", "both closed at once; our FIN is not acknowledged yet"),
    State.LAST_ACK: StateLook("◕", "closing", "both closed; the acknowledgment of our FIN is still to come"),
    State.FIN_WAIT_2: StateLook("◑", "closing", "closed here and acknowledged; the peer's FIN is still to come"),
    State.SYN_SENT: StateLook("◇", "opening", "our SYN went out; nothing has come back yet"),
    State.SYN_RECEIVED: StateLook("◈", "opening", "a SYN came and was answered; half open until the last ACK"),
    State.ESTABLISHED: StateLook("●", "open", "open: data may flow both ways"),
    State.TIME_WAIT: StateLook(
        "◌", "waiting", "closed here, and by the peer; stragglers die out before the port is used again"
    ),
    State.LISTEN: StateLook("○", "muted", "waits for connections"),
    State.CLOSED: StateLook("✕", "muted", "there is no connection any more"),
}

STEP_LOOKS = {
    Step.SYN: Look("◇", "opening"),
    Step.SYN_ACK: Look("◈", "opening"),
    Step.HANDSHAKE_ACK: Look("◆", "opening"),
    Step.FIN: Look("◔", "closing"),
    Step.FIN_ACKED: Look("◑", "closing"),
    Step.PEER_FIN: Look("◕", "closing"),
    Step.PEER_FIN_ACKED: Look("●", "closing"),
    Step.FIN_ACK: Look("◕", "closing"),
    Step.RST: Look("✖", "reset"),
}

MARKS = {
    Mark.NONE: Look(" ", ""),
    Mark.NEW: Look("+", "new"),
    Mark.CHANGED: Look("~", "changed"),
    Mark.GONE: Look("-", "gone"),
}

SEVERITIES = {
    Severity.ERROR: ("✖", "trouble"),
    Severity.WARN: ("⚠", "trouble"),
    Severity.NOTE: ("!", "caution"),
    Severity.CHAT: ("·", "muted"),
}
