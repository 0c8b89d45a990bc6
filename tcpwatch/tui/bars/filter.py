"""The line a filter is typed into: applied as it is typed, with what is wrong with it beside it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from tcpwatch.monitor.filter.language import FilterError, compile_filter
from tcpwatch.text.cells import cells
from tcpwatch.text.clean import clean
from tcpwatch.tui.messages import FilterClosed, FilterGiven
from tcpwatch.tui.paint.line import Line
from tcpwatch.tui.paint.lines import OneLine

HINT = "narrows connections and their packets"
EXAMPLE = "state:close-wait port:9999 proc:java age>60s not pid:42"


class FilterBar(Horizontal):
    """Hidden until it is opened; Enter keeps the filter, Esc takes it away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear", id="filter.clear", tooltip="Take the filter away"),
    ]

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._given = text

    def compose(self) -> ComposeResult:
        """A sign, the input, and room for what is wrong."""
        sign = OneLine(id="filter-sign")
        sign.show(Line(((" /", "key"),)))
        yield sign
        yield Input(self._given, placeholder=EXAMPLE, compact=True, select_on_focus=False)
        yield OneLine(id="filter-message")

    def open(self) -> None:
        """Show the line and put the keys into it."""
        self.add_class("-open")
        self.query_one(Input).focus()

    def clear(self) -> None:
        """Empty it."""
        self.query_one(Input).value = ""
        self._explain("")

    def _explain(self, wrong: str) -> None:
        """Show what is wrong with the filter; where nothing is, what it does."""
        words = (f" {wrong} ", "caution") if wrong else (f" {HINT} ", "muted")
        message = self.query_one("#filter-message", OneLine)
        message.styles.width = cells(words[0])
        message.show(Line((words,)))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Apply what has been typed so far, where it can be understood."""
        event.stop()
        text = clean(event.value)
        try:
            compile_filter(text)
        except FilterError as error:
            self._explain(str(error))
        else:
            self._explain("")
            self.post_message(FilterGiven(text))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and give the keys back."""
        event.stop()
        self._close()

    def action_clear(self) -> None:
        """Take the filter away."""
        self.clear()
        self._close()

    def _close(self) -> None:
        self.remove_class("-open")
        self.post_message(FilterClosed())
