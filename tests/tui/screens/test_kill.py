"""K: asked once, No unless said otherwise."""

from collections.abc import Awaitable, Callable

import pytest
from textual.widgets import Input

from tcpwatch.errors import TcpwatchError
from tcpwatch.monitor.snapshot import Mark
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tcpwatch.tui.screens import kill
from tcpwatch.tui.screens.kill import KillQuestion, KillScreen, kill_screen, question_lines
from tests.tui.canned import MONO_NS, connection, ends_of, server_end
from tests.tui.driving import Driver, piloted, text_of

LEAK = connection(1, server_end(53412), State.CLOSE_WAIT, 252, "java", 4242, 57)


def question(driver: Driver) -> str:
    return text_of(driver.app.screen.query_one(KillQuestion))


def allowed(body: Callable[[Driver, list[SocketRow]], Awaitable[None]]) -> Callable[[], None]:
    """With a kernel that notes what is ended."""

    @piloted()
    async def test(driver: Driver) -> None:
        ended: list[SocketRow] = []
        driver.monitor.kill = ended.append
        await body(driver, ended)

    return test


def notices(driver: Driver) -> list[str]:
    return [notice.message for notice in driver.app._notifications]


@piloted()
async def test_k_that_is_not_allowed_says_how_to(driver: Driver) -> None:
    await driver.press("K")
    assert notices(driver) == [kill.NOT_ALLOWED]
    assert "--allow-kill" in kill.NOT_ALLOWED
    assert len(driver.app.screen_stack) == 1


@allowed
async def test_k_asks_about_the_connection_under_the_cursor(driver: Driver, ended: list[SocketRow]) -> None:
    await driver.press("K")
    text = question(driver)
    for word in ("127.0.0.1:9999 ⇄ 127.0.0.1:53412", "CLOSE-WAIT for 4m12s", "java/4242 fd 57", "[ No ]", "RST"):
        assert word in text
    assert ended == []


@allowed
async def test_k_then_y_ends_it(driver: Driver, ended: list[SocketRow]) -> None:
    await driver.press("K", "y")
    assert [row.cookie for row in ended] == [1]
    assert notices(driver) == ["Ended: 127.0.0.1:9999 ⇄ 127.0.0.1:53412"]
    assert len(driver.app.screen_stack) == 1


@allowed
async def test_k_then_no_leaves_it_alone(driver: Driver, ended: list[SocketRow]) -> None:
    for key in ("n", "escape", "q", "enter"):
        await driver.press("K", key)
        assert len(driver.app.screen_stack) == 1
    assert ended == []
    assert notices(driver) == []


@allowed
async def test_enter_takes_yes_once_it_is_marked(driver: Driver, ended: list[SocketRow]) -> None:
    await driver.press("K", "tab", "left", "right")
    assert "[ Yes ]" in question(driver)
    await driver.press("enter")
    assert len(ended) == 1


@allowed
async def test_k_of_the_detail_pane_is_its_connection(driver: Driver, ended: list[SocketRow]) -> None:
    await driver.press("down", "3", "K", "y")
    assert [row.cookie for row in ended] == [2]


@allowed
async def test_k_in_the_filter_is_a_letter(driver: Driver, ended: list[SocketRow]) -> None:
    await driver.press("slash", "K")
    assert driver.app.query_one(Input).value == "K"


@piloted()
async def test_refusal_is_shown(driver: Driver) -> None:
    def refuse(row: SocketRow) -> None:
        raise TcpwatchError("it has gone already")

    driver.monitor.kill = refuse
    await driver.press("K", "y")
    assert notices(driver) == ["Not ended: 127.0.0.1:9999 ⇄ 127.0.0.1:53412: it has gone already."]


@pytest.mark.parametrize("facts", [{"state": State.CLOSED}, {"mark": Mark.GONE}])
def test_nothing_is_asked_about_what_has_ended(facts: dict[str, object]) -> None:
    one = connection(1, server_end(1), facts.pop("state", State.ESTABLISHED), 5, **facts)  # type: ignore[arg-type]
    assert kill_screen(one, MONO_NS, lambda row: None) == kill.ENDED_ALREADY


def test_nothing_is_asked_without_a_connection() -> None:
    assert kill_screen(None, MONO_NS, lambda row: None) == kill.NONE_CHOSEN
    assert isinstance(kill_screen(LEAK, MONO_NS, lambda row: None), KillScreen)


def words(*facts: object, **changes: object) -> str:
    return "\n".join(line.text for line in question_lines(connection(*facts, **changes), MONO_NS))  # type: ignore[arg-type]


def test_question_about_a_listener_and_another_namespace() -> None:
    listener = ends_of(("0.0.0.0", 9999), ("0.0.0.0", 0))
    text = words(1, listener, State.LISTEN, 9, "java", 1, 5, netns=Namespace(5, "blue"))
    for word in ("End this listener", "*:9999", "netns blue", "Nobody can connect"):
        assert word in text


def test_question_says_what_is_lost() -> None:
    assert "what is not sent yet is lost" in words(1, server_end(1), State.ESTABLISHED, 5)
    assert "used again at once" in words(1, server_end(1), State.TIME_WAIT, 5)
