"""The answers to "why?", over the dashboard."""

import pytest
from rich.cells import cell_len

from tcpwatch.text.cells import cells
from tcpwatch.tui.protocols import Target
from tcpwatch.tui.screens.why import TopicList, TopicText, WhyScreen
from tcpwatch.why.language import LANGUAGES
from tcpwatch.why.topics import TOPICS
from tests.tui.driving import NARROW, Driver, piloted, text_of


def shown(driver: Driver) -> str:
    return text_of(driver.app.screen.query_one(TopicText))


def choices(driver: Driver) -> list[str]:
    return [topic.key for topic in driver.app.screen.query_one(TopicList).rows]


@piloted()
async def test_w_explains_the_state_of_the_connection(driver: Driver) -> None:
    await driver.press("w")
    assert isinstance(driver.app.screen, WhyScreen)
    assert shown(driver).startswith("▌CLOSE-WAIT · the peer has closed")
    assert "ss -tanp state close-wait" in shown(driver)
    assert choices(driver) == ["CLOSE-WAIT", *TOPICS["CLOSE-WAIT"].related]


@piloted()
async def test_w_on_a_heading_explains_its_state(driver: Driver) -> None:
    await driver.press("home", "w")
    assert choices(driver)[0] == "CLOSE-WAIT"


@piloted()
async def test_w_on_a_segment_explains_its_step(driver: Driver) -> None:
    await driver.press("2", "home", "w")
    assert choices(driver)[:2] == ["1/3 SYN", "SYN"]


@piloted()
async def test_w_on_the_detail_lets_choose_what_it_shows(driver: Driver) -> None:
    await driver.press("down", "3", "w")
    assert choices(driver)[:3] == ["CLOSE-WAIT", "FIN-WAIT-2", "Recv-Q"]


@piloted(capture=False)
async def test_w_on_nothing_says_what_to_do(driver: Driver) -> None:
    await driver.press("2", "w")
    assert not isinstance(driver.app.screen, WhyScreen)


@piloted()
async def test_arrows_explain_as_they_go(driver: Driver) -> None:
    await driver.press("w", "down")
    assert shown(driver).startswith("▌FIN-WAIT-2 · ")


@piloted()
async def test_enter_goes_to_the_topic_and_backspace_back(driver: Driver) -> None:
    await driver.press("w", "down", "enter")
    assert choices(driver) == ["FIN-WAIT-2", *TOPICS["FIN-WAIT-2"].related]
    await driver.press("enter", "backspace")  # Enter where one already is goes nowhere
    assert choices(driver)[0] == "CLOSE-WAIT"
    assert shown(driver).startswith("▌FIN-WAIT-2 · ")
    await driver.press("backspace")
    assert isinstance(driver.app.screen, WhyScreen)


@piloted()
async def test_c_copies_one_command_after_the_other(driver: Driver) -> None:
    topic = TOPICS["CLOSE-WAIT"]
    await driver.press("w")
    for wanted in (*topic.commands, topic.wireshark, topic.commands[0]):
        await driver.press("c")
        assert driver.app.clipboard == wanted


@pytest.mark.parametrize("key", ["escape", "w", "q"])
def test_key_closes_it_and_gives_the_keys_back(key: str) -> None:
    @piloted()
    async def closed(driver: Driver) -> None:
        await driver.press("w", key)
        assert not isinstance(driver.app.screen, WhyScreen)
        assert driver.connections.has_focus

    closed()


@piloted()
async def test_tab_stays_in_the_explanation(driver: Driver) -> None:
    await driver.press("w", "tab", "down")
    assert shown(driver).startswith("▌FIN-WAIT-2 · ")
    await driver.press("escape")
    assert driver.connections.has_focus


@piloted()
async def test_resize_under_it_arranges_the_panes(driver: Driver) -> None:
    await driver.press("w")
    await driver.pilot.resize_terminal(*NARROW)
    assert shown(driver).startswith("▌CLOSE-WAIT · ")
    await driver.press("escape")
    assert driver.connections.size.width == NARROW[0]
    assert not driver.packets.display


@piloted(size=(60, 12))
async def test_page_down_shows_the_rest_of_the_text(driver: Driver) -> None:
    await driver.press("w")
    assert "RFC 9293" not in shown(driver)
    await driver.press("pagedown", "pagedown", "pagedown")
    assert "RFC 9293" in shown(driver)
    await driver.press("down")
    assert shown(driver).startswith("▌FIN-WAIT-2")  # another text begins at its top


@piloted(target=Target("web-3", "lo", (9999,), "ko"))
async def test_language_is_the_subjects(driver: Driver) -> None:
    await driver.press("w")
    assert shown(driver).startswith("▌CLOSE-WAIT · 상대는 닫았고")
    assert text_of(driver.app.screen.query_one(TopicList)).startswith("▌왜?")


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_fit_a_narrow_terminal_in_every_language(language: str) -> None:
    @piloted(size=NARROW, target=Target("web-3", "lo", (9999,), language))
    async def fits(driver: Driver) -> None:
        await driver.press("down", "3", "w")
        text = driver.app.screen.query_one(TopicText)
        for _ in choices(driver):
            assert all(cell_len(line) <= text.size.width for line in shown(driver).splitlines())
            await driver.press("down")

    fits()


def test_cells_are_the_terminals() -> None:
    text = "".join(f"{topic.title}{topic.what}" for topic in TOPICS.values()) + "왜 为什么？，。“” · ×→ §"
    assert cells(text) == cell_len(text)


@piloted()
async def test_every_key_is_described(driver: Driver) -> None:
    keys = [key for kind in (WhyScreen, TopicList) for key in vars(kind)["BINDINGS"]]
    assert all(key.description and key.tooltip and key.id for key in keys)
