"""The presenter over the dashboard: a canned conversation, moved by keys."""

from typing import Any

import pytest

from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.tui.app import Dashboard
from tcpwatch.tui.modes.live import LiveMode
from tcpwatch.tui.protocols import Target
from tcpwatch.tui.screens import presenter as module
from tcpwatch.tui.screens.presenter import PULL_S, PresenterLines, PresenterScreen
from tcpwatch.tui.screens.why import WhyScreen
from tests.narration.test_ladder import traced
from tests.narration.traces import OPENING
from tests.tui.canned import SUBJECT, CannedMonitor
from tests.tui.driving import NARROW, NEVER, WIDE, Driver, piloted, text_of

FOUR_WAY = (*OPENING, "> F. 1:2(0) ack 1", "< . 1:1(0) ack 2", "< F. 1:2(0) ack 2", "> . 2:2(0) ack 2")


def screen_of(driver: Driver) -> PresenterScreen:
    screen = driver.app.screen
    assert isinstance(screen, PresenterScreen)
    return screen


def shown(driver: Driver) -> str:
    return text_of(driver.app.screen.query_one(PresenterLines))


def hold(driver: Driver, *lines: str) -> None:
    """Nothing has been captured but these lines."""
    driver.monitor.packets = PacketLog()
    driver.monitor.packets.extend(traced(*lines))


@piloted()
async def test_space_holds_at_one_segment_after_the_other(driver: Driver) -> None:
    hold(driver, *OPENING)
    await driver.press("P")
    assert "Space shows the first segment." in shown(driver)
    assert "1/3 SYN" not in shown(driver)
    await driver.press("space")
    assert "1/3: the client asks to open" in shown(driver)
    assert "segment 1 / 3" in shown(driver)
    await driver.press("space")
    assert "SYN-SENT → ESTABLISHED" in shown(driver)
    assert "LISTEN → SYN-RECEIVED" in shown(driver)
    await driver.press("backspace")
    assert "2/3 SYN-ACK" not in shown(driver)


@piloted()
async def test_caption_says_where_it_was_cut(driver: Driver) -> None:
    hold(driver, *OPENING)
    driver.app.push_screen(PresenterScreen(driver.monitor, None, "en", NEVER, caption=lambda _: "word " * 100))
    await driver.pilot.pause()
    captioned = [line for line in shown(driver).splitlines() if "word" in line]
    assert len(captioned) == 2
    assert captioned[-1].rstrip().endswith("…")


@piloted()
async def test_capture_goes_on_behind_what_is_held(driver: Driver) -> None:
    first, *rest = traced(*OPENING)
    driver.monitor.packets = PacketLog()
    driver.monitor.packets.extend([first])
    await driver.press("P", "space")
    driver.monitor.packets.extend(rest)
    screen_of(driver).tick()
    assert "segment 1 / 3" in shown(driver)
    assert "2/3 SYN-ACK" not in shown(driver)


@piloted()
async def test_slow_motion_moves_on_by_itself_and_a_step_ends_it(driver: Driver) -> None:
    hold(driver, *FOUR_WAY)
    await driver.press("P", "m")
    assert "one segment every 1 s" in shown(driver)
    for _ in range(round(2 / PULL_S)):
        screen_of(driver).tick()
    assert "segment 2 / 7" in shown(driver)
    await driver.press("plus", "plus", "plus")
    assert "one segment every 0.25 s" in shown(driver)
    screen_of(driver).tick()
    assert "segment 3 / 7" in shown(driver)
    await driver.press("minus", "space")
    screen_of(driver).tick()
    assert "holds" in shown(driver)
    assert "segment 4 / 7" in shown(driver)


@piloted()
async def test_home_and_end_go_to_the_ends_of_the_connection(driver: Driver) -> None:
    hold(driver, *FOUR_WAY)
    await driver.press("P", "end")
    assert "segment 7 / 7" in shown(driver)
    assert "4/4: the client acknowledges the last FIN" in shown(driver)
    await driver.press("home")
    assert "segment 0 / 7" in shown(driver)


@piloted()
async def test_selected_connection_is_shown_and_c_goes_to_others(driver: Driver) -> None:
    await driver.press("down", "down")
    await driver.press("P", "space")
    assert "127.0.0.1:53431" in shown(driver)
    assert "connection 2 / 4" in shown(driver)
    await driver.press("c")
    assert "connection 3 / 4" in shown(driver)
    await driver.press("c", "C")
    assert "127.0.0.1:53394" in shown(driver)


@piloted()
async def test_heads_name_the_programs_that_are_known(driver: Driver) -> None:
    await driver.press("2", "home", "P", "space")
    assert "127.0.0.1:53502  클라이언트/6001" in shown(driver)
    assert "127.0.0.1:9999  java/4242" in shown(driver)


@piloted()
async def test_r_shows_the_numbers_on_the_wire(driver: Driver) -> None:
    hold(driver, *OPENING)
    await driver.press("P", "space", "r")
    assert "seq 1000" in shown(driver)


@piloted()
async def test_w_explains_the_held_segment(driver: Driver) -> None:
    hold(driver, *OPENING)
    await driver.press("P", "w")
    assert isinstance(driver.app.screen, PresenterScreen)
    await driver.press("space", "w")
    assert isinstance(driver.app.screen, WhyScreen)
    await driver.press("escape", "escape")
    assert len(driver.app.screen_stack) == 1


@piloted(capture=False)
async def test_presenter_without_a_segment_waits_for_one(driver: Driver) -> None:
    driver.monitor.packets = PacketLog()
    await driver.press("P", "space", "c")
    assert "No segment yet" in shown(driver)
    driver.monitor.packets.extend(traced(*OPENING))
    screen_of(driver).tick()
    assert "segment 0 / 3" in shown(driver)


@piloted()
async def test_long_connection_says_that_the_ladder_ends(driver: Driver) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tcpwatch.narration.ladder.LADDER_LIMIT", 2)
        hold(driver, *OPENING)
        await driver.press("P", "end")
        assert module.TRUNCATED in shown(driver)


@pytest.mark.parametrize(
    ("size", "language"), [(WIDE, "en"), (NARROW, "en"), (NARROW, "ko")], ids=["wide", "narrow", "narrow-ko"]
)
def test_picture(snap_compare: Any, size: tuple[int, int], language: str) -> None:
    monitor = CannedMonitor(True)
    monitor.packets = PacketLog()
    monitor.packets.extend(traced(*FOUR_WAY))
    dashboard = Dashboard(monitor, Target(SUBJECT.host, "lo", (9999,), language), LiveMode(), pace=NEVER)
    assert snap_compare(dashboard, terminal_size=size, press=("P", "space", "space", "space", "space"))
