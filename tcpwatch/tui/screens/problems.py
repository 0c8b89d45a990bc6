"""The problems of this host: a list on the left, the worst first; what is known of one on the right."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen

from tcpwatch.diagnose.message import Listing, in_words, message
from tcpwatch.diagnose.problem import Cause, Problem
from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.tui.bars.trouble import course_runs
from tcpwatch.tui.paint.format import age, grouped
from tcpwatch.tui.paint.glyphs import SEVERITIES
from tcpwatch.tui.paint.line import Line, fit, wrap_words
from tcpwatch.tui.paint.lines import LongText, OneLine
from tcpwatch.tui.paint.rows import Rows
from tcpwatch.why.catalog import Translate

HINTS = "↑ ↓ choose · Enter go to its next connection · c copy the next command · Esc closes"
NOTHING = "No rule finds a problem in this picture."
PROBLEMS = "Problems"
OF_THE_HOST = "This is a problem of the whole host: it has no connection to go to."
COPIED_NOTICE = "Copied, if the terminal allows it (OSC 52):"
LABELS = ("because", "cause", "do", "which")
LABEL = 10  # cells
MOST_MEMBERS = 100  # listed: a leak may have thousands, and the text is made anew each second
PULL_S = 0.5


class ProblemList(Rows[Problem]):
    """The problems to choose from."""

    class Chosen(Message):
        """The cursor is on another problem."""

    class Entered(Message):
        """Enter, on the problem under the cursor."""

    def __init__(self, translate: Translate) -> None:
        super().__init__(id="problems-list")
        self._translate = translate

    def key_of(self, row: Problem) -> Hashable:
        """What it is and whose."""
        return row.rule, row.subject

    def title(self) -> str:
        """How many there are."""
        return f"{self._translate(PROBLEMS)} · {grouped(len(self.rows))}"

    def titles(self) -> Line:
        """None: there is one column."""
        return Line()

    def row_line(self, index: int) -> Line:
        """Its severity, and its short form."""
        problem = self.rows[index]
        glyph, style = SEVERITIES[problem.severity]
        told = (problem.brief, problem.subject) if problem.brief else (problem.message,)
        short = Listing(told, "  ").words(self._translate)
        return Line(((f" {glyph} ", style), (fit(short, max(1, self.line_width - 3)), "")))

    def empty_lines(self) -> Sequence[Line]:
        """That there is none."""
        return [Line(((f" {text}", "muted"),)) for text in wrap_words(self._translate(NOTHING), self.line_width - 2)]

    def cursor_moved(self) -> None:
        """Tell the screen."""
        self.post_message(self.Chosen())

    def opened(self) -> None:
        """Tell the screen."""
        self.post_message(self.Entered())


class ProblemText(LongText):
    """All that is known of one problem, made for the width there is."""

    def __init__(self, translate: Translate) -> None:
        super().__init__(id="problems-text")
        self._translate = translate
        self._problem: Problem | None = None
        self._snapshot: Snapshot | None = None

    def show(self, problem: Problem | None, snapshot: Snapshot) -> None:
        """Show this one as of this picture."""
        self._problem, self._snapshot = problem, snapshot
        self._rebuild()

    def on_resize(self) -> None:
        """Lay the text out anew."""
        self._rebuild()

    def _rebuild(self) -> None:
        width = self.line_width - 2
        if self._snapshot is None or width <= LABEL:  # before the first layout there is no room yet
            return
        self.write(problem_lines(self._problem, self._snapshot, self._translate, width) if self._problem else ())


class ProblemsScreen(ModalScreen[None]):
    """Over the dashboard until a key closes it; Enter goes to one socket after the other of the chosen problem."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,exclamation_mark", "dismiss", "Close", id="problems.close", tooltip="Back to the dashboard"),
        Binding("c,y", "copy", "Copy", id="problems.copy", tooltip="Copy the problem's next command"),
    ]

    def __init__(self, latest: Callable[[], Snapshot], choose: Callable[[Problem], None], translate: Translate) -> None:
        """`latest` gives the picture that the dashboard shows, `choose` goes to a connection of a problem."""
        super().__init__()
        self._latest = latest
        self._snapshot = latest()
        self._choose = choose
        self._translate = translate
        self._list = ProblemList(translate)
        self._text = ProblemText(translate)
        self._hints = OneLine()
        self._copied = 0

    def compose(self) -> ComposeResult:
        """The list, the text, the keys."""
        with Vertical(id="problems"):
            yield Horizontal(self._list, self._text)
            yield self._hints

    def on_mount(self) -> None:
        """Begin with the worst."""
        self._hints.show(Line(((f" {self._translate(HINTS)}", "muted"),)))
        self._list.focus()
        self._show()
        self.set_interval(PULL_S, self._pull)

    def _pull(self) -> None:
        if (newest := self._latest()) is not self._snapshot:
            self._snapshot = newest
            self._show()

    def _show(self) -> None:
        """The problems of the picture; the cursor stays on its problem."""
        self._list.set_rows(self._snapshot.problems)
        self._text.show(self._list.current, self._snapshot)

    def on_problem_list_chosen(self) -> None:
        """Show what the cursor is on."""
        self._copied = 0
        self._text.show(self._list.current, self._snapshot)

    def on_problem_list_entered(self) -> None:
        """Go to a connection of it."""
        problem = self._list.current
        if problem is None or not problem.members:
            self.notify(self._translate(OF_THE_HOST), markup=False, timeout=3)
            return
        self.dismiss()
        self._choose(problem)

    def action_copy(self) -> None:
        """Copy its next command (OSC 52), and the one after that the next time."""
        problem = self._list.current
        if problem is None or not problem.next_steps:
            return
        command = in_words(problem.next_steps[self._copied % len(problem.next_steps)], self._translate)
        self._copied += 1
        self.app.copy_to_clipboard(command)
        self.notify(f"{self._translate(COPIED_NOTICE)} {command}", markup=False, timeout=3)


def problem_lines(problem: Problem, snapshot: Snapshot, translate: Translate, width: int) -> Iterator[Line]:
    """The sentence; then since when, why, whose doing it is, what to do, and which sockets."""
    for text in wrap_words(in_words(problem.message, translate), width):
        yield Line(((text, "strong"),))
    yield Line()
    if course := course_runs(problem, snapshot.mono_ns, translate):
        yield Line(course)
        yield Line()
    because, cause, do, which = map(translate, LABELS)
    yield from _passages(because, [in_words(fact, translate) for fact in problem.evidence], width, "")
    if problem.cause is not Cause.UNKNOWN:
        yield from _passages(cause, [f"{translate(problem.cause)} ({translate(problem.certainty)})"], width, "")
    yield from _passages(do, [in_words(step, translate) for step in problem.next_steps], width, "strong")
    members = [one for key in problem.members[:MOST_MEMBERS] if (one := snapshot.by_key.get(key)) is not None]
    listed = [_member(one, snapshot.mono_ns) for one in members]
    if (more := len(problem.members) - MOST_MEMBERS) > 0:
        listed.append(in_words(message("and {count} more", count=more), translate))
    yield from _passages(which, listed, width, "muted")


def _passages(label: str, texts: Sequence[str], width: int, style: str) -> Iterator[Line]:
    for number, text in enumerate(texts):
        name = label if not number else ""
        for first, words in enumerate(wrap_words(text, width - LABEL) or [""]):
            yield Line(((fit(name if not first else "", LABEL), "label"), (words, style)))


def _member(one: Connection, now_ns: int) -> str:
    row = one.row
    fd = f"  fd {one.owners[0].fd}" if one.owners and one.owners[0].fd is not None else ""
    return f"{row.ends_in_words}  {row.state} {age(now_ns, one.since_ns, one.since_seen)}{fd}"
