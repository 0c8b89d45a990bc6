"""What waits at this end to be read: the rules on a program that does not read.

A receiver of Linux opens a window that was shut as soon as half of its buffer or a segment has room
(__tcp_select_window, net/ipv4/tcp_output.c), and its peer then sends. So where the window is shut and nothing has come
for a while, the program has not read as much in all that time.
"""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.message import Count, Message, Time, message
from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.tcp_info import rcv_wnd_of
from tcpwatch.tcp.state import State

PAUSE_NS = 5_000_000_000  # a program that does something else in between reads again within this time
READING = frozenset({State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2})


def unread_for_ns(row: SocketRow, now_ns: int) -> int | None:
    """For how long at least the program has not read, at that moment; None where no shut window shows it."""
    if not row.recv_q or row.state not in READING or _own_window(row) != 0 or (info := row.info) is None:
        return None
    silent_ns = (info.last_data_recv or 0) * 1_000_000 + max(0, now_ns - row.read_ns)
    return silent_ns if silent_ns >= PAUSE_NS else None


def window_shut_here(facts: SocketFacts) -> Problem | None:
    """This end has told its peer to stop, because its program does not read."""
    if not _meets(facts):
        return None
    return Problem(
        Severity.NOTE,
        message(
            "{program} does not read: {unread} wait for it, so this end's window is shut, and nothing has come for "
            "{silence}.",
            program=facts.program,
            unread=Count(facts.row.recv_q or 0, "byte"),
            silence=Time(facts.unread_ns or 0),
        ),
        tuple(_evidence(facts)),
        tuple(_where_it_is_stuck(facts)),
        cause=Cause.PROGRAM,
        certainty=Certainty.CERTAIN,
    )


def _evidence(facts: SocketFacts) -> list[Message]:
    row, memory = facts.row, facts.row.extensions.memory
    found = [message("{unread} in the receive queue, window 0", unread=Count(row.recv_q or 0, "byte"))]
    if memory is not None and memory.rmem_alloc and memory.rcvbuf:
        found.append(
            message("{taken} of {room} of its receive buffer are taken", taken=memory.rmem_alloc, room=memory.rcvbuf)
        )
    if facts.peer is not None and facts.peer.send_q:
        found.append(
            message(
                "{peer} has {waiting} more to send",
                peer=facts.peer_program,
                waiting=Count(facts.peer.send_q, "byte"),
            )
        )
    return found


def _where_it_is_stuck(facts: SocketFacts) -> list[str]:
    local, remote = facts.row.local, facts.row.remote
    steps = [f"ss -tanm 'sport = :{local.port} and dport = :{remote.port}'"]
    if facts.owners:
        steps.insert(0, f"grep -H . /proc/{facts.owners[0].pid}/task/*/wchan")
    return steps


def unread(facts: SocketFacts) -> Problem | None:
    """Bytes wait in the receive queue, and there is room for more."""
    row, info = facts.row, facts.info
    if not row.recv_q or _meets(facts):
        return None
    waiting = Count(row.recv_q, "byte")
    if info is None or info.last_data_recv is None:
        words = message("{program} has not read {unread} that came.", program=facts.program, unread=waiting)
        return Problem(Severity.NOTE, words)
    ago = facts.ago(info.last_data_recv)
    template = "{program} has not read {unread} that came, the last {ago} ago."
    return Problem(Severity.NOTE, message(template, program=facts.program, unread=waiting, ago=ago))


def _own_window(row: SocketRow) -> int | None:
    """The window that this end has advertised; None where the source does not tell."""
    return row.record.value("rcv_wnd") if row.record is not None else rcv_wnd_of(row.info_bytes)


def _meets(socket: ObservedSocket) -> bool:
    row = socket.row
    return socket.unread_ns is not None and row.inode != 0 and row.upper is None


NOT_READ = Trouble(
    name="with a shut window at this end",
    must="must read",
    rank=45,
    meets=_meets,
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
    lasting_ns=lambda socket, now_ns: socket.unread_ns or 0,
)

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("receive-window-shut", READING, window_shut_here, "Recv-Q", NOT_READ),
    Rule("unread", frozenset({State.ESTABLISHED, State.FIN_WAIT_2}), unread, "Recv-Q"),
)
