"""The presenter: one connection as a big ladder, held at a segment until a key moves on, while the capture goes on.

For an audience: what the held segment does to both state machines is said below it.
"""

from collections.abc import Callable, Collection
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from tcpwatch.monitor.snapshot import Snapshot
from tcpwatch.narration.ladder import Ladder
from tcpwatch.narration.narrate import names_of, narrate
from tcpwatch.narration.step import NarratedSegment
from tcpwatch.sockets.row import Owner
from tcpwatch.tui.bars.narration_lines import cut
from tcpwatch.tui.bars.status import keys_line
from tcpwatch.tui.ladder.lines import head_lines, ladder_lines
from tcpwatch.tui.ladder.moves import description_lines, doubt_lines, style_of
from tcpwatch.tui.paint.format import grouped
from tcpwatch.tui.paint.line import Line, Run, ends_apart
from tcpwatch.tui.paint.lines import Lines
from tcpwatch.tui.protocols import MonitorView
from tcpwatch.tui.screens.why import why_screen
from tcpwatch.why.catalog import Translate, translation
from tcpwatch.why.page import wrap_translated
from tcpwatch.wire.segment import reversed_ends

PULL_S = 0.25
PACES_S = (0.25, 0.5, 1.0, 2.0, 4.0)  # seconds a segment is shown in slow motion
USUAL_PACE = PACES_S.index(1.0)
SENTENCE, NARROW_SENTENCE = 2, 3  # lines kept for it, so that the ladder seldom moves
NARROW = 100
CAPTION = 2  # lines for what the scenario does; the last one shows where there is more
TITLE, ON_HOLD, SLOW = "Presenter", "‖ holds", "▶ one segment every {seconds} s"
CONNECTION, SEGMENT = "connection", "segment"
PRESS_SPACE, WAITS = "Space shows the first segment.", "No segment yet: the ladder begins with the first."
TRUNCATED = "The ladder ends here: this connection has more segments than it holds."

Caption = Callable[[int | None], str]  # what is being done at this moment of the wall clock; None: before all


class PresenterLines(Lines, can_focus=True):
    """The whole of it, painted as lines."""

    def __init__(self, presenter: "PresenterScreen") -> None:
        super().__init__(id="stage")
        self._presenter = presenter
        self.lines: list[Line] = []

    def line_at(self, y: int) -> Line:
        """A line of the picture."""
        return self.lines[y] if y < len(self.lines) else Line()

    def on_resize(self) -> None:
        """Draw it anew for the size there is now."""
        self._presenter.draw()


class PresenterScreen(ModalScreen[None]):
    """Over the dashboard until a key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,right,full_stop,down", "step(1)", "Next", key_display="Space", id="presenter.next"),
        Binding("backspace,left,comma,up", "step(-1)", "Back", key_display="←", id="presenter.back"),
        Binding("w", "why", "Why?", id="presenter.why"),
        Binding("r", "absolute", "Rel/abs", id="presenter.absolute"),
        Binding("c", "connection(1)", "Connection", id="presenter.connection"),
        Binding("m", "slow_motion", "Slow motion", id="presenter.slow_motion"),
        Binding("plus", "pace(-1)", "Faster", key_display="+", id="presenter.faster"),
        Binding("minus", "pace(1)", "Slower", key_display="-", id="presenter.slower"),
        Binding("C", "connection(-1)", "Connection back", show=False, id="presenter.connection_back"),
        Binding("home", "step(-1000000)", "First", show=False, id="presenter.first"),
        Binding("end", "step(1000000)", "Last", show=False, id="presenter.last"),
        Binding("escape,q,P", "dismiss", "Close", key_display="Esc", id="app.quit"),
    ]

    def __init__(
        self, monitor: MonitorView, ends: bytes | None, language: str, pace: float = 1.0,
        caption: Caption = lambda time_ns: "", start: int = 0, by_hand: Collection[int] = (),
    ) -> None:  # fmt: skip
        """Shows the connection with these ends, else the first there is from segment `start` of the log on."""
        super().__init__()
        self._monitor = monitor
        self._ladder = Ladder(monitor.packets, ends, start, by_hand)
        self._language = language
        self._translate: Translate = translation(language)
        self._slowness = pace
        self._caption = caption
        self._pace = USUAL_PACE
        self._slow_motion = self._absolute = False
        self._waited_s = 0.0
        self._stage = PresenterLines(self)

    def compose(self) -> ComposeResult:
        """The picture alone."""
        yield self._stage

    def on_mount(self) -> None:
        """Take in what comes, at the dashboard's pace."""
        self._stage.focus()
        self.set_interval(PULL_S * self._slowness, self.tick)

    def tick(self) -> None:
        """Take in what has come; in slow motion move on where it is time."""
        self._ladder.pull()
        self._waited_s += PULL_S
        if self._slow_motion and self._waited_s >= PACES_S[self._pace] and self._ladder.move(1):
            self._waited_s = 0.0
        self.draw()

    def draw(self) -> None:
        """Paint what has changed."""
        width, height = self._stage.size
        if width and height:
            self._stage.lines = self._lines(width, height)
            self._stage.repaint_changed()

    def _lines(self, width: int, height: int) -> list[Line]:
        held = self._ladder.held
        top = [self._title(width), *self._captioned(held, width), *self._heads(width)]
        below = [
            *self._narration(held, width),
            keys_line((key for key in self.BINDINGS if isinstance(key, Binding)), width),
        ]
        room = max(3, height - len(top) - len(below))
        return [*top, *ladder_lines(self._ladder.above, self._translate, width, room, self._absolute), *below]

    def _title(self, width: int) -> Line:
        ladder, translate = self._ladder, self._translate
        at = f"{grouped(ladder.shown)} / {grouped(len(ladder.segments))}"
        of = f"{ladder.streams.index(ladder.stream) + 1} / {len(ladder.streams)}" if ladder.stream is not None else "–"
        pace = translate(SLOW).format(seconds=f"{PACES_S[self._pace]:g}") if self._slow_motion else translate(ON_HOLD)
        left: list[Run] = [
            (f" {translate(TITLE)} ", "key"),
            (f" {pace} ", "caution" if not self._slow_motion else "accent"),
        ]
        right: list[Run] = [(f" {translate(CONNECTION)} {of} · {translate(SEGMENT)} {at} ", "")]
        return ends_apart(left, right, width)._replace(row="titles")

    def _captioned(self, held: NarratedSegment | None, width: int) -> list[Line]:
        """What the scenario does, as of the held segment."""
        message = self._caption(held.event.segment.time_ns if held else None)
        room = width - 2
        return (
            [Line(((f" {text}", "accent"),)) for text in cut(wrap_translated(message, room), CAPTION, room)]
            if message
            else []
        )

    def _heads(self, width: int) -> list[Line]:
        if not self._ladder.segments:
            return []
        first = self._ladder.segments[0]
        here, there = first.ends
        names = names_of(self._ladder.segments[-1], self._translate)
        snapshot, ends = self._monitor.snapshot(), first.event.segment.ends
        ends = reversed_ends(ends) if first.event.side else ends
        owners = _owner(snapshot, ends), _owner(snapshot, reversed_ends(ends))
        if str(here) in names:
            names = ("", "")
        return head_lines(names, (f"{here}{owners[0]}", f"{there}{owners[1]}"), width)

    def _narration(self, held: NarratedSegment | None, width: int) -> list[Line]:
        """The narration, in at least as many lines as it mostly needs; last, where the kernel disagrees."""
        translate = self._translate
        if held is None:
            lines = [Line(((f" {translate(PRESS_SPACE if self._ladder.segments else WAITS)}", "strong"),))]
        else:
            lines = description_lines(narrate(held, translate), style_of(held) or "strong", width)
            if self._ladder.shown == len(self._ladder.segments):
                lines += doubt_lines(held, self._monitor.snapshot(), translate, width)
                lines += [Line(((f" {translate(TRUNCATED)}", "caution"),))] if self._ladder.full else []
        least = (NARROW_SENTENCE if width < NARROW else SENTENCE) + 3
        return [Line((("─" * width, "muted"),)), *lines, *[Line()] * (least - len(lines))]

    # Keys.

    def action_step(self, segments: int) -> None:
        """So many segments on, or back; slow motion ends."""
        self._slow_motion = False
        self._ladder.move(segments)
        self.draw()

    def action_slow_motion(self) -> None:
        """Move on by itself, or hold."""
        self._slow_motion, self._waited_s = not self._slow_motion, 0.0
        self.draw()

    def action_pace(self, steps: int) -> None:
        """A longer or shorter time for each segment."""
        self._pace = max(0, min(self._pace + steps, len(PACES_S) - 1))
        self.draw()

    def action_connection(self, steps: int) -> None:
        """Another connection, from before its first segment."""
        self._ladder.next_connection(steps)
        self.draw()

    def action_absolute(self) -> None:
        """Sequence numbers relative, or as on the wire."""
        self._absolute = not self._absolute
        self.draw()

    def action_why(self) -> None:
        """Explain the held segment."""
        if held := self._ladder.held:
            self.app.push_screen(why_screen(held.event, self._language))


def _owner(snapshot: Snapshot, ends: bytes) -> str:
    """`  java/4242`, of the socket with these ends; empty where nobody is known."""
    connection = snapshot.by_ends.get(ends)
    owners: tuple[Owner, ...] = connection.owners if connection else ()
    return f"  {owners[0].command}/{owners[0].pid}" if owners else ""
