"""The rule on a TCP socket below another protocol's socket, whose state and queue are what counts for the program."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.message import Count, message
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.tcp.state import State


def upper_socket(facts: SocketFacts) -> Problem | None:
    """What the upper socket is in; its peer closes by a signal of its own (MPTCP's DATA_FIN), and not by FIN."""
    upper = facts.row.upper
    if upper is None or facts.row.state is State.LISTEN:
        return None
    protocol, state, memory = upper.protocol, str(upper.state), upper.unread_memory
    evidence = [message("the {protocol} socket is in {state}", protocol=protocol, state=state)]
    if memory:
        evidence.append(message("{bytes} of memory hold what is unread", bytes=Count(memory, "byte")))
    if upper.state is not State.CLOSE_WAIT:
        words = (
            message("Carries a connection of {protocol} in {state}.", protocol=protocol, state=state)
            if memory
            else message(
                "Carries a connection of {protocol} in {state}; nothing waits there to be read.",
                protocol=protocol,
                state=state,
            )
        )
        return Problem(Severity.CHAT, words, tuple(evidence))
    if facts.half_close is not None:
        does = message("is still sending") if facts.half_close.sends else message("has yet to close()")
        words = message(
            "The peer has closed its direction of the {protocol} connection; {program} {does}.",
            protocol=protocol,
            program=facts.program,
            does=does,
        )
        return Problem(Severity.CHAT, words, tuple(evidence))
    return Problem(
        Severity.NOTE,
        message(
            "{program} must call close(): the peer has closed the {protocol} connection, this end has not.",
            program=facts.program,
            protocol=protocol,
        ),
        tuple(evidence),
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
