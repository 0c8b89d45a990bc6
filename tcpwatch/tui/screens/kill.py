"""The question before a connection is ended by force: asked once, and the answer is No unless the user chooses Yes."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from tcpwatch.errors import TcpwatchError
from tcpwatch.monitor.snapshot import Connection, Detail, Mark
from tcpwatch.tcp.state import State
from tcpwatch.tui.paint.format import age, listener, owner_words
from tcpwatch.tui.paint.glyphs import STATE_LOOKS
from tcpwatch.tui.paint.line import Line, Run, title_line
from tcpwatch.tui.paint.lines import Lines
from tcpwatch.tui.protocols import Kill
from tcpwatch.tui.screens.why_topics import Selected

NOT_ALLOWED = "K ends a connection by force. For that, start tcpwatch with --allow-kill."
NONE_CHOSEN = "Choose a connection first: K ends it by force."
ENDED_ALREADY = "This connection has ended already."
NOTIFIED_S = 6

OF_A_CONNECTION = ("Its program gets ECONNABORTED, its peer a RST;", "what is not sent yet is lost.")
CONSEQUENCES = {
    State.LISTEN: ("Nobody can connect until its program listens anew;", "what waits for accept() is lost."),
    State.TIME_WAIT: ("The wait for stragglers ends early;", "the same four-tuple may be used again at once."),
}


class KillQuestion(Lines, can_focus=True):
    """What would be ended, what that does, and the answer as it stands."""

    def __init__(self, connection: Connection, now_ns: int) -> None:
        super().__init__()
        self._lines = list(question_lines(connection, now_ns))
        self.yes = False

    def mark_other(self) -> None:
        """Mark the other answer."""
        self.yes = not self.yes
        self.repaint_changed()

    def line_at(self, y: int) -> Line:
        """The question, then the answer."""
        if y < len(self._lines):
            return self._lines[y]
        return answer_line(self.yes) if y == len(self._lines) else Line()


class KillScreen(ModalScreen[None]):
    """Over the dashboard until it is answered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="kill.yes", tooltip="End the connection"),
        Binding("n,escape,q", "answer(False)", "No", id="kill.no", tooltip="Leave it alone"),
        Binding("enter", "take", "Take", id="kill.take", tooltip="Take the answer that is marked"),
        Binding(
            "left,right,tab,h,l",
            "mark_other",
            "Other",
            id="kill.mark_other",
            priority=True,
            tooltip="Mark the other answer",
        ),
    ]

    def __init__(self, connection: Connection, now_ns: int, kill: Kill) -> None:
        super().__init__()
        self._connection = connection
        self._kill = kill
        self._question = KillQuestion(connection, now_ns)

    def compose(self) -> ComposeResult:
        """The question alone."""
        yield self._question

    def action_mark_other(self) -> None:
        """Mark the other answer."""
        self._question.mark_other()

    def action_take(self) -> None:
        """Take the marked answer."""
        self.action_answer(self._question.yes)

    def action_answer(self, yes: bool) -> None:
        """Close, and do what was answered; a notice over the dashboard shows how that went."""
        self.dismiss()
        if not yes:
            return
        what = name_of(self._connection)
        try:
            self._kill(self._connection.row)
        except TcpwatchError as error:
            self.app.notify(f"Not ended: {what}: {error}.", severity="error", markup=False, timeout=NOTIFIED_S)
        else:
            self.app.notify(f"Ended: {what}", markup=False, timeout=NOTIFIED_S)


def kill_screen(selected: Selected | None, now_ns: int, kill: Kill | None) -> KillScreen | str:
    """The question about what the cursor is on, or why there is nothing to ask."""
    if kill is None:
        return NOT_ALLOWED
    connection = selected.connection if isinstance(selected, Detail) else selected
    if not isinstance(connection, Connection):
        return NONE_CHOSEN
    if connection.mark is Mark.GONE or connection.row.state is State.CLOSED:
        return ENDED_ALREADY
    return KillScreen(connection, now_ns, kill)


def name_of(connection: Connection) -> str:
    """Both ends, or where it listens."""
    row = connection.row
    return listener(row.local) if row.state is State.LISTEN else f"{row.local} ⇄ {row.remote}"


def question_lines(connection: Connection, now_ns: int) -> Iterable[Line]:
    """Who it is: ends, state, owner, namespace; and what becomes of it."""
    row = connection.row
    look = STATE_LOOKS[row.state]
    since = age(now_ns, connection.since_ns, connection.since_seen)
    elsewhere = f" · netns {row.netns.title}" if row.netns and not row.netns.here else ""
    yield title_line(f"End this {'listener' if row.state is State.LISTEN else 'connection'} by force?", True)
    yield Line()
    yield Line(((f"   {name_of(connection)}", "strong"),))
    yield Line((("   ", ""), (f"{look.glyph} {row.state}", look.style), (f" for {since}{elsewhere}", "")))
    yield Line(((f"   {owner_words(connection)}", ""),))
    yield Line()
    for text in CONSEQUENCES.get(row.state, OF_A_CONNECTION):
        yield Line(((f"   {text}", "muted"),))
    yield Line()


def answer_line(yes: bool) -> Line:
    """`   [ No ]   Yes     ← → Enter · y yes · n Esc no`."""
    marked: Run = (" [ Yes ] ", "trouble") if yes else (" [ No ] ", "accent")
    plain: Run = ("   No   ", "muted") if yes else ("   Yes   ", "muted")
    choices = (plain, marked) if yes else (marked, plain)
    return Line((("  ", ""), *choices, ("   ← → Enter · y yes · n Esc no", "muted")))
