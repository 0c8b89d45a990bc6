"""The dashboard on a capture file, driven by keys and mouse: all panes show the moment the playhead is at."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot

from tcpwatch.capture.replay import CaptureFile
from tcpwatch.errors import CaptureFileError
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.monitor.replay.tracker import ReplayTracker
from tcpwatch.tcp.event import Event as TcpEvent
from tcpwatch.tcp.state import State
from tcpwatch.tui.app import Dashboard
from tcpwatch.tui.bars.scrub import ScrubBar
from tcpwatch.tui.connections.grouping import Heading
from tcpwatch.tui.connections.pane import Connections
from tcpwatch.tui.detail.pane import DetailPane
from tcpwatch.tui.modes.replay import ReplayMode
from tcpwatch.tui.packets.pane import Packets
from tcpwatch.tui.protocols import Target
from tcpwatch.tui.screens.help import HelpText
from tests.diagnose.wire.traces import OPEN
from tests.monitor.replaying import CONVERSATION, Clock, events_of, recorded
from tests.tcp.trace import segments
from tests.tui.driving import NARROW, NEVER, WIDE, line_of, text_of

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
SUBJECT = Target("file", "talk.pcapng")


class Replay:
    """The running dashboard, its panes, and the clock."""

    def __init__(self, app: Dashboard, mode: ReplayMode, pilot: Pilot[None], file: Recorded, clock: Clock) -> None:
        self.app, self.mode, self.pilot, self.file, self.clock = app, mode, pilot, file, clock
        self.connections, self.packets = app.query_one(Connections), app.query_one(Packets)
        self.detail, self.scrub = app.query_one(DetailPane), app.query_one(ScrubBar)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def tick(self, ms: float) -> None:
        """Time passes, and the dashboard looks."""
        self.clock.advance(ms)
        self.mode.follow_playhead()
        await self.pilot.pause()

    @property
    def groups(self) -> list[State]:
        return [row.state for row in self.connections.rows if isinstance(row, Heading)]

    @property
    def bar(self) -> str:
        return text_of(self.scrub)

    @property
    def status(self) -> str:
        return line_of(self.app, "status")


Body = Callable[[Replay], Awaitable[None]]


def replayed(
    size: tuple[int, int] = WIDE, damage: CaptureFileError | None = None
) -> Callable[[Body], Callable[[], None]]:
    """A test that is given the dashboard on the conversation of `tests.monitor.replaying`: 7 segments in 10 ms."""

    def decorate(body: Body) -> Callable[[], None]:
        async def started() -> None:
            clock = Clock()
            file = recorded(*CONVERSATION, clock=clock, damage=damage)
            mode = ReplayMode(file)
            app = Dashboard(file, SUBJECT, mode, pace=NEVER)
            async with app.run_test(size=size) as pilot:
                await pilot.pause()
                await body(Replay(app, mode, pilot, file, clock))

        def test() -> None:
            asyncio.run(started())

        return test

    return decorate


@replayed()
async def test_file_opens_paused_at_its_end(replay: Replay) -> None:
    assert replay.groups == [State.LAST_ACK, State.TIME_WAIT]
    assert len(replay.packets.rows) == 7
    assert replay.bar.startswith(" ‖ 1×")
    assert replay.bar.endswith("0.010000 s of 0.010000 s · segment 7 of 7")
    assert replay.status.startswith(" tcpwatch  file · talk.pcapng   7 segments")
    assert replay.status.endswith("replay · 1970-01-01 00:00:00.010")


@replayed()
async def test_end_of_the_playing_is_shown_though_another_look_came_first(replay: Replay) -> None:
    await replay.press("p")
    await replay.tick(5)
    replay.clock.advance(10)
    replay.app.pull_snapshot()  # which stops the playhead at the end
    await replay.tick(0)
    assert replay.bar.startswith(" ‖ 1×")
    assert "segment 7 of 7" in replay.bar


@replayed()
async def test_step_moves_table_packets_and_detail_together(replay: Replay) -> None:
    await replay.press("comma", "comma")
    assert replay.groups == [State.CLOSE_WAIT, State.FIN_WAIT_2]
    assert len(replay.packets.rows) == 5
    assert "FIN-WAIT-2" in text_of(replay.detail)
    assert "segment 5 of 7" in replay.bar
    assert "1 connection · nothing is wrong" in line_of(replay.app, "trouble")
    await replay.press("full_stop")
    assert replay.groups == [State.LAST_ACK, State.TIME_WAIT]
    assert len(replay.packets.rows) == 6


@replayed()
async def test_n_finds_nothing_where_nothing_is_wrong(replay: Replay) -> None:
    position = replay.file.playhead.position
    await replay.press("n")
    assert replay.file.playhead.position == position


def test_n_and_enter_go_to_a_connection_that_has_ended_as_of_its_reset() -> None:
    lines = (*OPEN, "< R. 1(0) ack 1", "+60000 > S 500000(0) win 64240", "+10 > S 500000(0) win 64240")
    tracker = ReplayTracker()
    file = Recorded("two.pcapng", map(tracker.receive_segment, segments(lines)), tracker, Clock())
    mode = ReplayMode(file)

    async def body() -> None:
        app = Dashboard(file, Target("file", "two.pcapng"), mode, pace=NEVER)
        async with app.run_test(size=WIDE) as pilot:
            await pilot.pause()
            assert "2 connections · 1 reset" in line_of(app, "trouble")
            assert file.playhead.position == len(lines)
            await pilot.press("n")
            await pilot.pause()
            assert file.playhead.position == len(lines) - 2
            assert app.selection.ends is not None
            await pilot.press("greater_than_sign", "greater_than_sign", "exclamation_mark", "enter")
            await pilot.pause()
            assert file.playhead.position == len(lines) - 2

    asyncio.run(body())


@replayed()
async def test_p_plays_from_the_beginning_and_stops_at_the_end(replay: Replay) -> None:
    await replay.press("p")
    assert replay.bar.startswith(" ▶ 1×")
    await replay.tick(1.5)
    assert replay.groups == [State.SYN_RECEIVED, State.ESTABLISHED]
    await replay.tick(2)
    assert replay.groups == [State.ESTABLISHED]
    await replay.tick(100)
    assert replay.bar.startswith(" ‖ 1×")
    assert len(replay.packets.rows) == 7


@replayed()
async def test_p_pauses_where_it_is(replay: Replay) -> None:
    await replay.press("p")
    replay.clock.advance(5.5)
    await replay.press("p")
    await replay.tick(100)
    assert "segment 4 of 7" in replay.bar


@replayed()
async def test_brackets_change_the_speed(replay: Replay) -> None:
    await replay.press("p", "right_square_bracket", "right_square_bracket")
    assert replay.bar.startswith(" ▶ 5×")
    await replay.tick(1.1)
    assert "segment 4 of 7" in replay.bar
    await replay.press(*["left_square_bracket"] * 4)
    assert replay.bar.startswith(" ▶ 0.25×")


@replayed()
async def test_angle_brackets_leap(replay: Replay) -> None:
    await replay.press("less_than_sign", "less_than_sign", "less_than_sign")
    assert "0.008500 s" in replay.bar
    assert "segment 5 of 7" in replay.bar
    await replay.press("greater_than_sign")
    assert "0.009000 s" in replay.bar


@replayed()
async def test_click_and_drag_on_the_bar_go_there(replay: Replay) -> None:
    left, right = replay.bar.index("▕") + 1, replay.bar.index("▏") - 1
    await replay.pilot.click(ScrubBar, offset=(left, 0))
    assert "segment 0 of 7" in replay.bar
    assert replay.groups == []
    await replay.pilot.mouse_down(ScrubBar, offset=(left, 0))
    await replay.pilot.hover(ScrubBar, offset=((left + right) // 2, 0))
    assert "segment 4 of 7" in replay.bar
    await replay.pilot.hover(ScrubBar, offset=(right, 0))
    await replay.pilot.mouse_up(ScrubBar, offset=(right, 0))
    assert "segment 7 of 7" in replay.bar
    await replay.pilot.hover(ScrubBar, offset=(left, 0))
    assert "segment 7 of 7" in replay.bar


@replayed()
async def test_before_the_first_segment_every_pane_says_so(replay: Replay) -> None:
    replay.file.playhead.seek(0)
    replay.mode.show_moment()
    await replay.pilot.pause()
    assert "No connection is open at this moment" in text_of(replay.connections)
    assert "No segment has passed yet" in text_of(replay.packets)
    assert "this connection has not begun" in text_of(replay.detail)


@replayed()
async def test_limited_packets_go_back_too(replay: Replay) -> None:
    await replay.press("s", "comma", "comma", "comma")
    assert list(replay.packets.rows) == [0, 1, 2, 3]
    await replay.press("full_stop")
    assert list(replay.packets.rows) == [0, 1, 2, 3, 4]


@replayed(NARROW)
async def test_pane_that_was_hidden_at_the_start_follows_the_playhead(replay: Replay) -> None:
    await replay.press("2", "comma", "comma")
    assert replay.packets.following


@replayed()
async def test_packet_chosen_leaves_the_playhead_where_it_is(replay: Replay) -> None:
    await replay.press("2", "home")
    assert "segment 7 of 7" in replay.bar


@replayed()
async def test_enter_on_a_packet_goes_to_the_moment_after_it(replay: Replay) -> None:
    await replay.press("p", "2", "home", "enter")
    assert "segment 1 of 7" in replay.bar
    assert replay.groups == [State.SYN_SENT]
    assert replay.detail.has_focus
    await replay.press("full_stop")
    assert len(replay.packets.rows) == 2
    assert replay.packets.following


@replayed()
async def test_enter_on_a_connection_leaves_the_playhead_where_it_is(replay: Replay) -> None:
    await replay.press("comma", "enter")
    assert "segment 6 of 7" in replay.bar
    assert replay.detail.has_focus


@replayed()
async def test_help_explains_the_keys_of_the_replay(replay: Replay) -> None:
    await replay.press("question_mark")
    text = "\n".join(line.text for line in replay.app.screen.query_one(HelpText)._lines)
    assert "Play the file, or pause" in text
    assert "Freeze the picture" not in text
    assert "A capture file: both ends" in text


@replayed()
async def test_key_line_shows_the_keys_of_the_replay(replay: Replay) -> None:
    keys = " p Play  . Step  , Back  n Trouble  w Why?  / Filter  ] Faster  [ Slower  > +5%  < -5%"
    assert line_of(replay.app, "keys").startswith(keys)


@replayed(NARROW)
async def test_key_line_of_a_narrow_terminal_has_the_keys_of_who_is_stuck(replay: Replay) -> None:
    keys = " p Play  . Step  , Back  n Trouble  w Why?  / Filter  ] Faster   ? help  q quit "
    assert line_of(replay.app, "keys").rstrip() == keys.rstrip()


@replayed(damage=CaptureFileError("record 8 claims too much"))
async def test_damage_is_said_in_the_status(replay: Replay) -> None:
    assert "⚠ damaged: record 8 claims too much" in replay.status


@replayed(NARROW)
async def test_bar_keeps_its_numbers_in_a_narrow_terminal(replay: Replay) -> None:
    assert replay.bar.endswith("0.010000 s of 0.010000 s · segment 7 of 7")
    assert len(replay.bar) < NARROW[0]


def captured(name: str) -> Recorded:
    """A capture of real traffic."""
    tracker = ReplayTracker()
    file = CaptureFile(str(CAPTURES / name))
    try:
        return Recorded(name, events_of(chain.from_iterable(file.batches()), tracker), tracker, Clock())
    finally:
        file.close()


@pytest.mark.parametrize(
    ("size", "press"),
    [
        pytest.param(WIDE, ("comma",) * 17, id="wide"),
        pytest.param(NARROW, ("2", *("comma",) * 17), id="narrow-packets"),
    ],
)
def test_picture(snap_compare: Any, size: tuple[int, int], press: tuple[str, ...]) -> None:
    file = captured("demo.pcapng")
    dashboard = Dashboard(file, Target("file", "demo.pcapng"), ReplayMode(file), pace=NEVER)
    assert snap_compare(dashboard, terminal_size=size, press=press)


@replayed()
async def test_file_has_no_connection_to_end(replay: Replay) -> None:
    await replay.press("K")
    assert len(replay.app.screen_stack) == 1
    assert "app.kill" not in [key.id for key in replay.app.all_bindings()]
    assert list(replay.app._notifications) == []


def test_file_that_is_still_read_is_shown_as_it_comes() -> None:
    gate = Event()

    async def body() -> None:
        clock, tracker = Clock(), ReplayTracker()

        def events() -> Iterator[TcpEvent]:
            for number, event in enumerate(events_of(CONVERSATION, tracker)):
                assert number < 3 or gate.wait(10)
                yield event

        file = Recorded("pipe", events(), tracker, clock, at_once_ns=0)
        mode = ReplayMode(file)
        app = Dashboard(file, SUBJECT, mode, pace=NEVER)
        async with app.run_test(size=WIDE) as pilot:
            await pilot.pause()
            replay = Replay(app, mode, pilot, file, clock)
            assert "reading on: 1 connection so far" in replay.status
            assert replay.bar.endswith(" so far")
            gate.set()
            while file.reads:
                await replay.tick(1_000)
            assert replay.bar.endswith("segment 7 of 7")
            assert len(replay.packets.rows) == 7
            assert "reading" not in replay.status

    asyncio.run(body())
