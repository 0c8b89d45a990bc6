"""The dashboard on something that is played, with a play of given acts and a clock in the test's hand."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from textual.pilot import Pilot

from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.narration.pacing import MOST_NS
from tcpwatch.tcp.event import Event
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.tui.app import Dashboard
from tcpwatch.tui.bars.narration import Narration
from tcpwatch.tui.detail.pane import DetailPane
from tcpwatch.tui.modes.demo import LONGEST_REST_NS, OPENING_NS, REST_NS, DemoMode
from tcpwatch.tui.protocols import Target
from tcpwatch.tui.screens.help import HelpText
from tcpwatch.tui.screens.presenter import PresenterLines, PresenterScreen
from tcpwatch.tui.screens.why import WhyScreen
from tests.narration.test_pacing import handshake
from tests.tui.canned import SUBJECT, TIME_NS, CannedMonitor
from tests.tui.driving import NARROW, NEVER, WIDE, line_of, text_of


class Act(NamedTuple):
    time_ns: int
    message: str

    def text(self, translate: Callable[[str], str]) -> str:
        return translate(self.message)


class Script:
    """A tour of scenarios, of which a test says what happens."""

    title, watch, netns, by_hand = "one connection", "Watch the states.", None, ()
    waits = True

    def __init__(self, number: int = 1, count: int = 3) -> None:
        self.over, self.rests, self.number, self.count = False, False, number, count
        self.failure: str | None = None
        self.said: list[Act] = []

    @property
    def name(self) -> str:
        return f"scenario-{self.number}"

    @property
    def last(self) -> bool:
        return self.number == self.count

    def way_in(self, translate: Callable[[str], str]) -> str:
        return "Look in by pid 7."

    def acts(self) -> list[Act]:
        said, self.said = self.said, []
        return said

    def go_on(self) -> None:
        self.rests = False

    def go(self, scenarios: int) -> None:
        self.number = max(1, min(self.number + scenarios, self.count))
        self.over = False


class Show:
    """The running dashboard, its play and its clock."""

    def __init__(
        self, app: Dashboard, mode: DemoMode, pilot: Pilot[None], monitor: CannedMonitor, play: Script
    ) -> None:
        self.app, self.mode, self.pilot, self.monitor, self.play = app, mode, pilot, monitor, play
        self.now_ns = TIME_NS
        self.wire_ns: int | None = None  # where the clock of the wire stands still

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def pass_time(self, ns: int) -> None:
        """Time passes, and the dashboard looks."""
        self.now_ns += ns
        self.mode.narrate()
        await self.pilot.pause()

    async def happen(self, message: str, *events: Event) -> None:
        """The play says so, and its segments are captured."""
        self.play.said.append(Act(self.now_ns, message))
        self.monitor.packets.extend(events)
        await self.pass_time(0)

    @property
    def strip(self) -> str:
        return text_of(self.app.query_one(Narration))


Body = Callable[[Show], Awaitable[None]]


def staged(
    size: tuple[int, int] = WIDE, number: int = 1, count: int = 3, target: Target = SUBJECT
) -> Callable[[Body], Any]:
    """A test that is given the dashboard on a Script, at this scenario of it."""

    def decorate(body: Body) -> Callable[[], None]:
        async def started() -> None:
            monitor, play = CannedMonitor(True), Script(number, count)
            monitor.packets = PacketLog()
            show: Show | None = None

            def clock() -> int:
                return show.now_ns if show else TIME_NS

            def wire_clock() -> int:
                return show.wire_ns if show and show.wire_ns is not None else clock()

            mode = DemoMode(play, target.language, clock=wire_clock, reader=clock)
            app = Dashboard(monitor, target, mode, pace=NEVER)
            async with app.run_test(size=size) as pilot:
                show = Show(app, mode, pilot, monitor, play)
                await pilot.pause()
                mode.narrate()
                await pilot.pause()
                await body(show)

        def test() -> None:
            asyncio.run(started())

        return test

    return decorate


@staged()
async def test_strip_begins_with_what_to_watch(show: Show) -> None:
    assert show.strip.startswith(" 1 / 3  scenario-1 · one connection")
    assert "Watch the states." in show.strip


@staged()
async def test_first_that_plays_says_how_to_look_in_and_help_always(show: Show) -> None:
    assert "Watch the states. · Look in by pid 7." in show.strip
    await show.press("right_square_bracket")
    assert "Look in" not in show.strip
    await show.press("question_mark")
    assert "Look in by pid 7." in text_of(show.app.screen.query_one(HelpText))


@staged()
async def test_strip_tells_what_is_done_and_what_comes_of_it(show: Show) -> None:
    await show.happen("A client connects.", *handshake(show.now_ns + 1))
    await show.pass_time(MOST_NS)
    assert "▶ A client connects." in show.strip
    await show.pass_time(2 * SECOND_NS)
    assert "1/3: the client asks to open" in show.strip
    assert "CLOSED → SYN-SENT" in show.strip
    assert "+2 to tell" in show.strip


@staged(NARROW)
async def test_strip_leaves_trouble_and_panes_their_room(show: Show) -> None:
    assert line_of(show.app, "trouble").strip()
    assert show.app.query_one(Narration).size.height == 4
    assert show.app.query_one("#connections").size.height >= 14


@staged()
async def test_tour_goes_on_when_all_is_told_and_looked_at(show: Show) -> None:
    await show.happen("All there is.")
    await show.pass_time(MOST_NS)
    show.play.over = True
    await show.pass_time(0)
    await show.pass_time(REST_NS - 1)
    assert show.play.number == 1
    await show.pass_time(1)
    assert show.play.number == 2
    assert "scenario-2" in show.strip


@staged()
async def test_tour_does_not_go_on_before_the_last_of_it_could_be_read(show: Show) -> None:
    show.play.over = True
    await show.happen("word " * 60)
    await show.pass_time(REST_NS)
    await show.pass_time(MOST_NS - 1)
    assert show.play.number == 1
    await show.pass_time(1)
    assert show.play.number == 2


@staged()
async def test_play_that_rests_goes_on_when_all_is_told(show: Show) -> None:
    await show.happen("A client connects.", *handshake(show.now_ns + 1))
    show.play.rests = True
    for _ in range(4):
        await show.pass_time(MOST_NS)
        assert show.play.rests
        assert "waits while this is told" in show.strip
    await show.pass_time(MOST_NS)
    assert not show.play.rests


@staged()
async def test_what_rests_is_told_though_its_clock_stands_still(show: Show) -> None:
    await show.happen("A client connects.", *handshake(show.now_ns + 1))
    await show.pass_time(MOST_NS)
    show.wire_ns = TIME_NS + 9
    await show.pass_time(MOST_NS)
    assert "▶ A client connects." in show.strip
    show.play.rests = True
    await show.pass_time(MOST_NS)
    assert "1/3: the client asks" in show.strip


@staged()
async def test_play_does_not_wait_for_what_nobody_reads_behind_the_presenter(show: Show) -> None:
    await show.happen("A client connects.", *handshake(show.now_ns + 1))
    show.play.rests = True
    await show.press("P")
    await show.pass_time(SECOND_NS)
    assert not show.play.rests
    await show.press("escape")
    assert "3/3: the client acknowledges" in show.strip


@staged()
async def test_pause_holds_the_telling_and_so_the_play(show: Show) -> None:
    await show.happen("A client connects.")
    show.play.rests = True
    await show.press("p")
    await show.pass_time(9 * MOST_NS)
    assert "Watch the states." in show.strip
    assert show.play.rests
    await show.press("p")
    await show.pass_time(MOST_NS)
    assert "▶ A client connects." in show.strip


@staged()
async def test_keys_tell_the_next_thing_or_the_newest_and_hold_nothing(show: Show) -> None:
    await show.happen("A client connects.", *handshake(show.now_ns + 1))
    show.now_ns += 2 * SECOND_NS
    await show.press("full_stop")
    assert "▶ A client connects." in show.strip
    await show.press("full_stop")
    assert "1/3: the client asks" in show.strip
    assert "1s ago · +2 to tell · plays" in show.strip
    await show.press("greater_than_sign")
    assert "3/3: the client acknowledges" in show.strip
    assert "to tell" not in show.strip
    assert "waits for you" not in show.strip


@staged()
async def test_ladder_stands_where_no_connection_is_chosen(show: Show) -> None:
    detail = show.app.query_one(DetailPane)
    assert "CLOSE-WAIT" in text_of(detail)
    await show.press("right_square_bracket")
    assert "Choose a connection" in text_of(detail)
    await show.happen("A client connects.", *handshake(show.now_ns + 1))
    show.now_ns += SECOND_NS
    await show.press("full_stop", "full_stop", "full_stop")
    title, start, syn, answer, *_ = text_of(detail).splitlines()
    assert title.startswith(" Told so far · ")
    assert start.split() == ["CLOSED", "✕", "│", "the", "client", "the", "server", "│", "○", "LISTEN"]
    assert "1/3 SYN" in syn
    assert "2/3 SYN-ACK" in answer
    assert "3/3" not in text_of(detail)
    await show.press("3", "w")
    assert isinstance(show.app.screen, WhyScreen)
    show.app.pull_packets()
    await show.press("escape", "2", "home")
    assert "Told so far" not in text_of(detail)
    await show.press("w")
    assert isinstance(show.app.screen, WhyScreen)


@staged(NARROW)
async def test_narrow_tour_begins_with_the_connections(show: Show) -> None:
    assert show.app.arrangement.active == 0


@staged(NARROW, number=1, count=1)
async def test_narrow_scenario_begins_with_the_ladder(show: Show) -> None:
    assert show.app.arrangement.active == 2


@staged()
async def test_tour_goes_on_though_segments_keep_coming(show: Show) -> None:
    show.play.over = True
    await show.happen("It never ends.", *handshake(show.now_ns + 1))
    await show.pass_time(LONGEST_REST_NS)
    assert show.play.number == 2


@staged()
async def test_key_makes_the_tour_wait_until_it_is_told_to_go_on(show: Show) -> None:
    show.play.over = True
    await show.pass_time(0)
    await show.press("down")
    await show.pass_time(LONGEST_REST_NS)
    assert show.play.number == 1
    assert "waits for you: ] goes on" in show.strip
    await show.press("right_square_bracket")
    assert show.play.number == 2
    await show.press("left_square_bracket")
    assert show.play.number == 1


@staged()
async def test_click_makes_the_tour_wait(show: Show) -> None:
    await show.pilot.click("#connections", offset=(5, 4))
    await show.pass_time(0)
    assert "waits for you" in show.strip


@staged(number=0)
async def test_opening_goes_on_by_itself_after_a_while(show: Show) -> None:
    assert show.strip.startswith(" demo  scenario-0")
    assert "Look in by pid 7. · Watch the states." in show.strip
    assert "a tour follows: ] begins it" in show.strip
    await show.pass_time(OPENING_NS - 1)
    assert show.play.number == 0
    await show.pass_time(1)
    assert show.play.number == 1


@staged(number=3)
async def test_tour_ends_with_its_last_scenario(show: Show) -> None:
    show.play.over = True
    await show.pass_time(0)
    await show.pass_time(LONGEST_REST_NS)
    assert show.play.number == 3
    assert "the tour ends here" in show.strip
    show.play.number = show.play.count = 1
    await show.pass_time(0)
    assert "played" in show.strip


@staged()
async def test_failure_is_said(show: Show) -> None:
    show.play.failure = "the port is taken"
    await show.pass_time(0)
    assert "the port is taken" in show.strip


@staged()
async def test_presenter_begins_with_the_first_connection_of_the_scenario(show: Show) -> None:
    show.monitor.packets.extend(handshake(show.now_ns - 9))
    await show.happen("A client connects.", *handshake(show.now_ns + 1)[:2])
    await show.press("P", "end")
    screen = show.app.screen
    assert isinstance(screen, PresenterScreen)
    shown = text_of(screen.query_one(PresenterLines))
    assert "A client connects." in shown
    assert "segment 2 / 2" in shown


@staged(target=Target("web-3", "lo", (9999,), presents=True))
async def test_presenter_may_be_there_from_the_beginning(show: Show) -> None:
    assert isinstance(show.app.screen, PresenterScreen)


@staged()
async def test_key_line_begins_with_the_keys_of_the_demo(show: Show) -> None:
    assert line_of(show.app, "keys").startswith(" ] Next  [ Before  . On  n Trouble  w Why?  / Filter  P Present ")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_picture(snap_compare: Any, size: tuple[int, int]) -> None:
    play, monitor = Script(), CannedMonitor(True)
    monitor.publish([])
    now_ns = TIME_NS
    monitor.packets = PacketLog()
    monitor.packets.extend(handshake(TIME_NS + 1))
    play.said = [Act(TIME_NS, "A client connects. Its SYN names the number that it counts from.")]

    def clock() -> int:
        return now_ns

    mode = DemoMode(play, SUBJECT.language, clock=clock, reader=clock)
    dashboard = Dashboard(monitor, SUBJECT, mode, pace=NEVER)

    async def look(pilot: Pilot[None]) -> None:
        nonlocal now_ns
        for _ in range(3):
            now_ns += MOST_NS
            mode.narrate()
            await pilot.pause()

    assert snap_compare(dashboard, terminal_size=size, run_before=look)
