"""The help screen: what the focused pane is, every key, every glyph, and what to press next."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from tcpwatch.tui.detail.fields import SOURCES_LEGEND
from tcpwatch.tui.detail.timers import ORPHAN, TIMER_LOOKS
from tcpwatch.tui.paint.glyphs import STATE_LOOKS, STEP_LOOKS
from tcpwatch.tui.paint.line import Line, fit, title_line, wrap_words
from tcpwatch.tui.paint.lines import LongText

NEXT = (
    ("What is stuck?", "n  goes to the next connection in trouble; CLOSE-WAIT stands first"),
    ("Since when?", "AGE: the time in this state; ≥ means: since before tcpwatch was started"),
    ("Whose is it?", "OWNER: program/pid and the number of its file descriptor"),
    ("Who closed first?", "Enter, then the line “course” of the detail pane"),
    ("What is unread?", "RQ, and the line “unread”: in CLOSE-WAIT the FIN counts as one byte"),
    ("What timer runs?", "TIMER, and the line “timer”: none means that nothing will end this by itself"),
    ("What next?", "the lines “do” of the detail pane; s shows this connection's segments alone"),
)
SIGNS = (
    ("+ ~ -", "new, changed, gone a moment ago"),
    ("!", "in trouble"),
    ("≥", "at least: the beginning was not seen"),
    ("RQ/SQ", "bytes to be read / to be acknowledged; of a listener its accept queue / the limit of it"),
    *((look.name, f"a timer: {look.message.partition(':')[0]}") for look in (*TIMER_LOOKS.values(), ORPHAN)),
    ("⁶", "an IPv4 connection on an IPv6 socket"),
    ("▎", "a segment of the selected connection"),
    ("?", "after a window: its scale was not seen"),
    ("k d r w", f"where a number of the detail pane comes from: {SOURCES_LEGEND}"),
)


# fmt: off
KEY_NAMES = {
    "exclamation_mark": "!", "question_mark": "?", "slash": "/", "plus": "+",
    "full_stop": ".", "comma": ",", "right_square_bracket": "]",
    "left_square_bracket": "[", "greater_than_sign": ">", "less_than_sign": "<", "up": "↑", "down": "↓",
    "left": "←", "right": "→", "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End",
    "enter": "Enter", "escape": "Esc", "tab": "Tab", "shift+tab": "Shift+Tab",
}
# fmt: on
NAME = 18  # cells for what a line explains


class HelpText(LongText, can_focus=True):
    """The text, made for the width there is."""

    def __init__(self, about: str, bindings: Iterable[Binding]) -> None:
        super().__init__()
        self._about = about
        self._keys = list(bindings)

    def on_resize(self) -> None:
        """Lay the text out anew."""
        self.write(help_lines(self._about, self._keys, self.line_width))


class HelpScreen(ModalScreen[None]):
    """Over the dashboard until a key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "Close", id="help.close", tooltip="Back to the dashboard"),
    ]

    def __init__(self, about: str, bindings: Iterable[Binding]) -> None:
        super().__init__()
        self._text = HelpText(about, bindings)

    def compose(self) -> ComposeResult:
        """The text alone."""
        yield self._text


def help_lines(about: str, bindings: Iterable[Binding], width: int) -> Iterable[Line]:
    """The whole text in lines of at most `width` cells."""
    yield title_line("tcpwatch · help · Esc closes, ↑ ↓ scroll", True)
    yield from _section("This pane", (), width)
    for text in wrap_words(about, width - 4):
        yield Line((("   " + text, ""),))
    yield from _section("What do I press next?", NEXT, width)
    yield from _section("Keys", ((_keys(binding), binding.tooltip) for binding in bindings if binding.tooltip), width)
    yield from _section("Signs", SIGNS, width)
    yield from _section("States", (), width)
    for state, look in STATE_LOOKS.items():
        yield Line(((f"   {look.glyph} {state:<14}", look.style), (look.message, "")))
    yield from _section("Steps of the opening and the close", (), width)
    for step, (glyph, style) in STEP_LOOKS.items():
        yield Line(((f"   {glyph} {step}", style),))


def _section(title: str, rows: Iterable[tuple[str, str]], width: int) -> Iterable[Line]:
    yield Line()
    yield Line(((f" {title}", "accent"),))
    for name, message in rows:
        first, *rest = wrap_words(message, width - NAME - 4)
        yield Line(((f"   {fit(name, NAME)} ", "strong"), (first, "")))
        for text in rest:
            yield Line(((" " * (NAME + 4) + text, ""),))


def _keys(binding: Binding) -> str:
    return " ".join(KEY_NAMES.get(key, key) for key in binding.key.split(","))
