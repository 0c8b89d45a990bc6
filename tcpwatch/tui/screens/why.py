"""The answers to "why?": topics that fit the selection on the left, the explanation of one on the right."""

from collections.abc import Hashable, Iterator, Sequence
from itertools import cycle
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen

from tcpwatch.tui.paint.line import Line, fit, title_line
from tcpwatch.tui.paint.lines import LongText, OneLine
from tcpwatch.tui.paint.rows import Rows
from tcpwatch.tui.screens.why_topics import Selected, topics_of
from tcpwatch.why.catalog import Translate, translation
from tcpwatch.why.page import PassageKind, heading, lines, wrap_translated
from tcpwatch.why.topic import Topic
from tcpwatch.why.topics import with_related

QUESTION = "Why?"
HINTS = ("↑ ↓ choose", "Enter go to it", "c copy the command", "Esc closes", "Backspace back")
COPIED_NOTICE = "Copied, if the terminal allows it (OSC 52):"
PASSAGE_STYLES = {PassageKind.PROSE: "", PassageKind.COMMAND: "strong", PassageKind.REFERENCE: "muted"}


class TopicList(Rows[Topic]):
    """The topics to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "screen.scroll_text(-1)", "Text up", show=False, id="why.up", tooltip="The text up"),
        Binding("pagedown", "screen.scroll_text(1)", "Text down", show=False, id="why.down", tooltip="The text down"),
    ]

    class Chosen(Message):
        """The cursor is on another topic."""

    class Entered(Message):
        """Enter, on the topic under the cursor."""

    def __init__(self, title: str) -> None:
        super().__init__(id="why-list")
        self._title = title

    def key_of(self, row: Topic) -> Hashable:
        """The topic's own."""
        return row.key

    def title(self) -> str:
        """The question."""
        return self._title

    def titles(self) -> Line:
        """None: there is one column."""
        return Line()

    def row_line(self, index: int) -> Line:
        """The word that is explained."""
        return Line(((fit(f" {self.rows[index].key}", self.line_width), ""),))

    def empty_lines(self) -> Sequence[Line]:
        """Never shown: there is a topic for whatever can be selected."""
        return ()

    def cursor_moved(self) -> None:
        """Tell the screen."""
        self.post_message(self.Chosen())

    def opened(self) -> None:
        """Tell the screen."""
        self.post_message(self.Entered())


class TopicText(LongText):
    """One explanation, made for the width there is."""

    def __init__(self, translate: Translate) -> None:
        super().__init__(id="why-text")
        self._translate = translate
        self._topic: Topic | None = None

    def show(self, topic: Topic) -> None:
        """Explain this one, from its beginning."""
        self._topic = topic
        self.scroll_to(y=0, animate=False, force=True)
        self._rebuild()

    def on_resize(self) -> None:
        """Lay the text out anew."""
        self._rebuild()

    def _rebuild(self) -> None:
        if self._topic is not None:
            self.write(_text_lines(self._topic, self._translate, self.line_width - 2))


class WhyScreen(ModalScreen[None]):
    """Over the dashboard until a key closes it. Enter goes from topic to topic, Backspace the same way back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,w", "dismiss", "Close", id="why.close", tooltip="Back to the dashboard"),
        Binding("backspace,left", "back", "Back", id="why.back", tooltip="To where Enter was pressed"),
        Binding("c,y", "copy", "Copy", id="why.copy", tooltip="Copy the command; again: the next one"),
    ]

    def __init__(self, topics: tuple[Topic, ...], translate: Translate) -> None:
        super().__init__()
        self._translate = translate
        self._way: list[tuple[tuple[Topic, ...], int]] = []
        self._topics = topics
        self._commands: Iterator[str] = iter(())
        self._list = TopicList(translate(QUESTION))
        self._text = TopicText(translate)
        self._hints = OneLine(id="why-hints")

    def compose(self) -> ComposeResult:
        """The list, the text, the keys."""
        with Vertical(id="why"):
            yield Horizontal(self._list, self._text)
            yield self._hints

    def on_mount(self) -> None:
        """Begin with the first topic."""
        self._hints.show(Line(((" " + " · ".join(map(self._translate, HINTS)), "muted"),)))
        self._list.focus()
        self._enter(self._topics, 0)

    def on_topic_list_chosen(self) -> None:
        """Explain what the cursor is on."""
        if (topic := self._list.current) is not None:
            self._commands = cycle(topic.copyable)
            self._text.show(topic)

    def on_topic_list_entered(self) -> None:
        """Make what the cursor is on the new beginning."""
        if (topic := self._list.current) is not None and (topic,) != self._topics:
            self._way.append((self._topics, self._list.cursor))
            self._enter((topic,), 0)

    def _enter(self, topics: tuple[Topic, ...], cursor: int) -> None:
        self._topics = topics
        self._list.set_rows(tuple(with_related(topics)))
        self._list.put_cursor(cursor)
        self.on_topic_list_chosen()

    # Keys.

    def action_back(self) -> None:
        """Back to the list in which Enter was pressed."""
        if self._way:
            self._enter(*self._way.pop())

    def action_copy(self) -> None:
        """Copy the topic's next command (OSC 52)."""
        command = next(self._commands)
        self.app.copy_to_clipboard(command)
        self.notify(f"{self._translate(COPIED_NOTICE)} {command}", markup=False, timeout=3)

    def action_scroll_text(self, pages: int) -> None:
        """Scroll the explanation by so many screens."""
        self._text.scroll_relative(y=pages * self._text.size.height, animate=False)


def why_screen(selected: Selected, language: str) -> WhyScreen:
    """The explanations for what is selected, in one of `LANGUAGES`."""
    return WhyScreen(topics_of(selected), translation(language))


def _text_lines(topic: Topic, translate: Translate, width: int) -> Iterator[Line]:
    for text in wrap_translated(heading(topic, translate), width):
        yield title_line(text, True)
    yield Line()
    for label, text, kind in lines(topic, translate, width):
        yield Line(((f" {label}", "label"), (text, PASSAGE_STYLES[kind])))
