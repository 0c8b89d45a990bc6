"""The virtual list: its cursor and its scroll never move by themselves."""

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.row import Timer, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.tui.connections.grouping import Heading
from tcpwatch.tui.connections.pane import ARRANGED_APART_FROM
from tcpwatch.wire.segment import ACK
from tests.tui.canned import MONO_NS, TIME_NS, Conversation, connection, connections, server_end
from tests.tui.driving import Driver, piloted, text_of


def more(count: int, state: State, first: int = 1000, seconds: float = 500) -> list[Connection]:
    """Older than the canned ones, so that they stand above them."""
    return [connection(first + n, server_end(20_000 + n), state, seconds + n) for n in range(count)]


def chatter(count: int) -> Conversation:
    talk = Conversation(9, 50_000, TIME_NS)
    for n in range(count):
        talk.say(n % 2, ACK, n, n)
    return talk


@piloted()
async def test_cursor_stays_on_its_connection_when_rows_come_above(driver: Driver) -> None:
    await driver.publish(more(60, State.ESTABLISHED) + connections())
    await driver.press("pagedown", "pagedown", "down")
    key, line = driver.at, driver.line_of_cursor
    await driver.publish(more(65, State.ESTABLISHED) + more(7, State.CLOSE_WAIT, 5000) + connections())
    assert (driver.at, driver.line_of_cursor) == (key, line)


@piloted()
async def test_cursor_stays_on_its_connection_when_rows_above_go(driver: Driver) -> None:
    await driver.publish(more(60, State.ESTABLISHED) + connections())
    await driver.press("pagedown", "pagedown", "pagedown", "up")
    key, line = driver.at, driver.line_of_cursor
    await driver.publish(more(60, State.ESTABLISHED)[5:] + connections())
    assert (driver.at, driver.line_of_cursor) == (key, line)


@piloted()
async def test_cursor_of_a_row_that_goes_stays_where_it_was(driver: Driver) -> None:
    await driver.press("down")
    index = driver.connections.cursor
    await driver.publish([row for row in connections() if row.key != 2])
    assert driver.connections.cursor == index
    assert driver.at == 3


@piloted()
async def test_top_of_the_list_shows_new_trouble(driver: Driver) -> None:
    await driver.publish(more(60, State.ESTABLISHED))
    await driver.press("home", "down", "down")
    key = driver.at
    await driver.publish(more(60, State.ESTABLISHED) + more(1, State.CLOSE_WAIT, 5000))
    assert driver.connections.scroll_offset.y == 0
    assert "CLOSE-WAIT" in text_of(driver.connections)
    assert driver.at == key


@piloted()
async def test_wheel_scrolls_without_the_cursor_and_the_rows_stay(driver: Driver) -> None:
    await driver.publish(more(60, State.ESTABLISHED) + connections())
    key = driver.at
    driver.connections.scroll_to(y=20, animate=False)
    await driver.pilot.pause()
    shown = text_of(driver.connections).splitlines()[2:-1]
    await driver.publish(more(63, State.ESTABLISHED) + connections())
    assert text_of(driver.connections).splitlines()[2:-1] == shown
    assert driver.at == key


@piloted()
async def test_only_changed_lines_are_painted(driver: Driver) -> None:
    painted: list[int] = []
    paint = driver.connections.render_line
    driver.connections.render_line = lambda y: painted.append(y) or paint(y)  # type: ignore[method-assign,func-returns-value]
    rows = connections()
    rows[1] = connection(2, server_end(53420), State.CLOSE_WAIT, 187, "java", 4242, 58, recv_q=9)
    await driver.publish(rows)
    assert len(painted) == 1


@piloted()
async def test_fold_and_unfold(driver: Driver) -> None:
    await driver.press("down", "space")
    assert driver.at is State.CLOSE_WAIT
    assert "▸ ◐ CLOSE-WAIT       3  oldest 4m12s" in text_of(driver.connections)
    assert "53412" not in text_of(driver.connections)
    await driver.press("right")
    assert "53412" in text_of(driver.connections)
    await driver.press("left", "enter")
    assert "53412" in text_of(driver.connections)


@piloted()
async def test_click_selects_and_folds(driver: Driver) -> None:
    await driver.pilot.click("#connections", offset=(5, 4))
    assert driver.at == 2
    await driver.pilot.click("#connections", offset=(5, 2))
    assert "▸ ◐ CLOSE-WAIT" in text_of(driver.connections)


@piloted()
async def test_crowd_of_time_wait_is_folded_but_counted(driver: Driver) -> None:
    crowd = more(30, State.TIME_WAIT)
    await driver.publish(connections() + crowd)
    text = text_of(driver.connections)
    assert "▸ ◌ TIME-WAIT       32" in text
    folded = next(row for row in driver.connections.rows if isinstance(row, Heading) and row.state is State.TIME_WAIT)
    assert (folded.folded, folded.count) == (True, 32)


@piloted()
async def test_crowd_does_not_fold_away_under_the_cursor(driver: Driver) -> None:
    driver.connections.select(30)
    await driver.publish(connections() + more(30, State.TIME_WAIT))
    assert driver.at == 30


@piloted()
async def test_cursor_stays_in_a_table_that_is_put_in_order_apart(driver: Driver) -> None:
    await driver.press("down")
    assert driver.at == 2
    await driver.publish(more(ARRANGED_APART_FROM, State.CLOSE_WAIT) + connections())
    assert (driver.at, driver.connections.title()[:22]) == (2, "Connections · 2 011 of")
    await driver.press("o", "down")
    await driver.app.workers.wait_for_complete()
    assert driver.connections.title().endswith("by owner")


@piloted()
async def test_pictures_that_come_while_one_is_put_in_order_end_with_the_newest(driver: Driver) -> None:
    driver.monitor.publish(more(ARRANGED_APART_FROM, State.ESTABLISHED))
    driver.app.pull_snapshot()
    await driver.publish(more(ARRANGED_APART_FROM + 5, State.ESTABLISHED))
    assert f"{ARRANGED_APART_FROM + 5:,}".replace(",", " ") in driver.connections.title()


@piloted()
async def test_select_of_a_folded_connection_goes_to_its_heading(driver: Driver) -> None:
    await driver.publish(connections() + more(30, State.TIME_WAIT))
    driver.connections.select(30)
    assert driver.at is State.TIME_WAIT


@piloted()
async def test_pages_and_ends(driver: Driver) -> None:
    await driver.publish(more(100, State.ESTABLISHED))
    await driver.press("home", "pagedown")
    assert driver.connections.cursor == driver.connections.page_rows
    await driver.press("pageup")
    assert driver.connections.cursor == 0
    await driver.press("end")
    assert driver.connections.cursor == len(driver.connections.rows) - 1
    await driver.press("k", "j", "g")
    assert driver.connections.cursor == 0


@piloted()
async def test_packets_follow_their_tail(driver: Driver) -> None:
    await driver.arrive(chatter(50))
    assert driver.packets.below == 0
    assert driver.packets.title() == "Packets · lo · 64 · following"


@piloted()
async def test_cursor_up_stops_following(driver: Driver) -> None:
    await driver.arrive(chatter(50))
    await driver.press("2", "up")
    shown = text_of(driver.packets).splitlines()[2:]
    await driver.arrive(chatter(120))
    assert text_of(driver.packets).splitlines()[2:] == shown
    assert driver.packets.title() == "Packets · lo · 184 · paused, 121 below · End to follow"
    await driver.press("end")
    assert driver.packets.below == 0
    assert driver.packets.following


@piloted()
async def test_wheel_up_stops_following(driver: Driver) -> None:
    await driver.arrive(chatter(50))
    driver.packets.scroll_to(y=3, animate=False)
    await driver.pilot.pause()
    assert not driver.packets.following
    await driver.press("2", "f")
    assert driver.packets.following


@piloted()
async def test_following_selects_nothing(driver: Driver) -> None:
    key = driver.at
    await driver.press("2")
    await driver.arrive(chatter(50))
    assert driver.at == key
    assert "53412" in driver.detail.line_at(0).text


@piloted()
async def test_segments_that_fall_out_do_not_move_the_cursor(driver: Driver) -> None:
    driver.monitor.packets._limit = 100
    await driver.arrive(chatter(80))
    await driver.press("2", "up", "up")
    number = driver.packets.current
    await driver.arrive(chatter(60))
    assert driver.packets.rows[0] > 0
    assert driver.packets.current == number


@piloted()
async def test_time_wait_counts_down_in_its_heading(driver: Driver) -> None:
    rows = [row for row in connections() if row.key not in (30, 31)]
    waiting = connection(
        31, server_end(53394), State.TIME_WAIT, 49, timer=Timer(TimerKind.TIME_WAIT, 11_000, 0, MONO_NS)
    )
    await driver.publish([*rows, waiting])
    assert "next gone in 11s" in text_of(driver.connections)
