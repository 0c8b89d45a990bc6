"""The tabs of the detail pane."""

from collections import Counter
from dataclasses import replace

import pytest
from textual.binding import Binding

from tcpwatch.tui.detail import pane
from tcpwatch.tui.detail.pane import DetailPane, tab_bindings
from tcpwatch.tui.detail.tab import Tab
from tcpwatch.tui.detail.tabs import TABS
from tcpwatch.tui.keys import DEMO_KEYS, KEYS, REPLAY_KEYS
from tcpwatch.tui.paint.line import Line
from tcpwatch.tui.screens import why_topics
from tests.tui.canned import details, server_end
from tests.tui.driving import Driver, piloted, text_of

LEAK = details()[server_end(53420)]
BYTES = Tab(
    title="Bytes",
    key="B",
    tooltip="the bytes in order",
    help="What was sent.",
    lines=lambda context: [Line(((f"{context.here.title} and {context.peer.title} in {context.width} cells", ""),))],
    topics=lambda detail: ["segment"],
)


def clashing_keys(tabs: tuple[Tab, ...]) -> set[str]:
    """The keys of tabs that do something else already while the detail pane has the focus, or open two tabs."""
    ids = {binding.id for binding in tab_bindings(tabs)}
    inherited = (bindings for kind in DetailPane.__mro__ for bindings in vars(kind).get("BINDINGS", ()))
    others = [*Binding.make_bindings([*inherited, *KEYS, *DEMO_KEYS, *REPLAY_KEYS])]
    taken = {binding.key for binding in others if binding.id not in ids} | {"tab", "shift+tab", "ctrl+q", "ctrl+c"}
    counts = Counter(binding.key for binding in Binding.make_bindings(tab_bindings(tabs)))
    return {key for key, count in counts.items() if count > 1 or key in taken}


def test_key_of_a_tab_does_nothing_else() -> None:
    assert clashing_keys(TABS) == set()
    assert clashing_keys((*TABS, BYTES)) == set()


@pytest.mark.parametrize("key", ["j", "w", "n", "up", "right_square_bracket"])
def test_key_of_a_tab_that_does_something_else_is_found(key: str) -> None:
    assert clashing_keys((*TABS, replace(BYTES, key=key))) == {key}


def test_key_of_two_tabs_is_found() -> None:
    assert clashing_keys((BYTES, replace(BYTES, title="Text"))) == {"B"}


def test_tabs_have_all_their_words() -> None:
    assert all(tab.title and tab.tooltip and tab.help.endswith(".") for tab in TABS)
    assert len({tab.title for tab in TABS}) == len(TABS)


def test_key_of_a_tab_has_title_tooltip_and_id() -> None:
    *_, binding = tab_bindings((*TABS, BYTES))
    assert (binding.key, binding.action, binding.description) == ("B", f"tab({len(TABS)})", "Bytes")
    assert (binding.id, binding.tooltip) == ("detail.bytes", "Show the bytes in order")


def test_tooltip_of_the_next_tab_names_every_tab() -> None:
    [tooltip] = [key.tooltip for key in KEYS if not isinstance(key, tuple) and key.id == "app.view"]
    assert all(tab.tooltip in tooltip for tab in TABS)


def test_topics_are_those_of_all_tabs(monkeypatch: pytest.MonkeyPatch) -> None:
    before = why_topics.topics_of(LEAK)
    monkeypatch.setattr(why_topics, "TABS", (*TABS, BYTES))
    assert [topic.key for topic in why_topics.topics_of(LEAK)] == [*(topic.key for topic in before), "segment"]


def test_row_more_is_a_tab_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "TABS", (*TABS, BYTES))

    @piloted()
    async def shown(driver: Driver) -> None:
        await driver.press("down", *"v" * len(TABS))
        assert "[Bytes]" in text_of(driver.detail)
        assert f"here and peer in {driver.detail.line_width} cells" in text_of(driver.detail)
        assert BYTES.help in driver.detail.HELP

    shown()


@piloted(size=(80, 12))
async def test_tab_begins_at_its_top(driver: Driver) -> None:
    await driver.press("down", "3")
    driver.detail.scroll_to(y=2, animate=False, force=True)
    assert driver.detail.scroll_offset.y == 2
    driver.detail.action_tab(2)
    await driver.pilot.pause()
    assert driver.detail.scroll_offset.y == 0
    assert "[States]" in text_of(driver.detail)
