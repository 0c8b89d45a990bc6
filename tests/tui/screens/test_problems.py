"""The list of problems over the dashboard."""

from tcpwatch.tcp.state import State
from tcpwatch.tui.screens.problems import MOST_MEMBERS, ProblemList, ProblemsScreen, ProblemText
from tests.tui.canned import connection, server_end
from tests.tui.driving import Driver, piloted, text_of

LEAKS = [connection(n, server_end(n), State.CLOSE_WAIT, 60 * n, "java", 4242, n) for n in (1, 4)]
OTHER = connection(9, server_end(9), State.CLOSE_WAIT, 90, "ruby", 7, 3)


def shown(driver: Driver) -> tuple[str, str]:
    screen = driver.app.screen
    return text_of(screen.query_one(ProblemList)), text_of(screen.query_one(ProblemText))


@piloted()
async def test_problems_are_listed_with_what_is_known_of_the_chosen_one(driver: Driver) -> None:
    await driver.publish([*LEAKS, OTHER])
    await driver.press("exclamation_mark")
    listed, text = shown(driver)
    assert "Problems · 2" in listed
    assert "2 CLOSE-WAIT  java/4242" in listed
    assert "the oldest for 4m00s" in text
    assert "ss -tanp state close-wait" in text
    await driver.press("down")
    assert "ruby/7" in shown(driver)[1]


@piloted()
async def test_enter_goes_to_a_connection_of_the_problem(driver: Driver) -> None:
    await driver.publish([*LEAKS, OTHER])
    await driver.press("exclamation_mark", "down", "enter")
    assert len(driver.app.screen_stack) == 1
    assert driver.app.selection.ends == OTHER.row.ends


@piloted()
async def test_list_follows_the_picture_and_escape_closes_it(driver: Driver) -> None:
    await driver.publish([OTHER])
    await driver.press("exclamation_mark")
    screen = driver.app.screen
    assert isinstance(screen, ProblemsScreen)
    driver.monitor.publish([])
    driver.app.pull_snapshot()
    screen._pull()
    await driver.pilot.pause()
    assert "No rule finds a problem" in shown(driver)[0]
    await driver.press("escape")
    assert len(driver.app.screen_stack) == 1


@piloted()
async def test_of_thousands_of_sockets_some_are_listed_and_the_others_counted(driver: Driver) -> None:
    many = [connection(n, server_end(n), State.CLOSE_WAIT, 60, "java", 4242, n) for n in range(1, 1_001)]
    await driver.publish(many)
    await driver.press("exclamation_mark")
    lines = driver.app.screen.query_one(ProblemText)._lines
    assert len(lines) < 2 * MOST_MEMBERS
    assert "and 900 more" in "".join(text for text, *_ in lines[-1].runs)
