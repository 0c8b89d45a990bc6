"""The rule on a TCP socket below another protocol's socket, whose state and queue are what counts for the program."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.tcp.state import State
from tcpwatch.text.quantity import counted


def upper_socket(facts: SocketFacts) -> Problem | None:
    """What the upper socket is in; its peer closes by a signal of its own (MPTCP's DATA_FIN), and not by FIN."""
    upper = facts.row.upper
    if upper is None or facts.row.state is State.LISTEN:
        return None
    unread = f"{counted(upper.unread_memory, 'byte')} of memory hold what is unread" if upper.unread_memory else ""
    evidence = tuple(filter(None, (f"the {upper.protocol} socket is in {upper.state}", unread)))
    if upper.state is not State.CLOSE_WAIT:
        ended = "" if unread else "; nothing waits there to be read"
        return Problem(Severity.CHAT, f"Carries a connection of {upper.protocol} in {upper.state}{ended}.", evidence)
    if facts.half_close is not None:
        return Problem(
            Severity.CHAT,
            f"The peer has closed its direction of the {upper.protocol} connection; {facts.program} "
            f"{'is still sending' if facts.half_close.sends else 'has yet to close()'}.",
            evidence,
        )
    return Problem(
        Severity.NOTE,
        f"{facts.program} must call close(): the peer has closed the {upper.protocol} connection, this end has not.",
        evidence,
        (f"ss -Mtanp sport = :{facts.row.local.port}",),
    )


def _not_closed(socket: ObservedSocket) -> bool:
    upper = socket.row.upper
    return (
        upper is not None
        and upper.state is State.CLOSE_WAIT
        and socket.row.state is not State.CLOSE_WAIT
        and socket.half_close is None
    )


UPPER_NOT_CLOSED = Trouble(
    name="CLOSE-WAIT of MPTCP",
    must="must close()",
    rank=21,
    meets=_not_closed,
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
)

RULES: tuple[Rule[SocketFacts], ...] = (Rule("upper-socket", None, upper_socket, "CLOSE-WAIT", UPPER_NOT_CLOSED),)
