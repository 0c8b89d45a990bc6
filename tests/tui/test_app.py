"""What the keys do, and what the panes tell one another."""

import pytest
from textual.widgets import Input

from tcpwatch.monitor.filter.language import FilterError
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.tcp.state import State
from tcpwatch.tui.app import Dashboard
from tcpwatch.tui.bars.filter import FilterBar
from tcpwatch.tui.connections.grouping import Heading
from tcpwatch.tui.modes.live import LiveMode
from tcpwatch.tui.protocols import Target
from tcpwatch.tui.screens.help import HelpScreen, HelpText
from tests.tui.canned import SUBJECT, TIME_NS, CannedMonitor, Conversation, closed, connection, connections, server_end
from tests.tui.driving import NARROW, Driver, piloted, text_of


@piloted()
async def test_start_puts_the_cursor_on_the_first_trouble(driver: Driver) -> None:
    assert driver.at == 1
    assert driver.connections.has_focus
    assert "127.0.0.1:9999 ⇄ 127.0.0.1:53412" in text_of(driver.detail)


@piloted()
async def test_start_shows_the_watched_port_only(driver: Driver) -> None:
    assert driver.connections.title() == "Connections · 11 of 15 · port 9999 · by time in state"
    assert "sshd" not in text_of(driver.connections)


@piloted(target=Target("web-3", "lo"))
async def test_start_without_a_port_shows_all(driver: Driver) -> None:
    assert driver.connections.title() == "Connections · 15 · by time in state"
    await driver.press("a")
    assert driver.connections.title() == "Connections · 15 · by time in state"


@piloted()
async def test_a_shows_all_sockets_and_back(driver: Driver) -> None:
    await driver.press("a")
    assert "sshd/881" in text_of(driver.connections)
    await driver.press("a")
    assert "sshd/881" not in text_of(driver.connections)


@piloted()
async def test_connection_chosen_shows_its_detail_and_marks_its_segments(driver: Driver) -> None:
    await driver.press("down", "down")
    assert "53431" in driver.detail.line_at(0).text
    marked = [line for line in text_of(driver.packets).splitlines() if line.startswith("▎")]
    assert [line.split()[-1] for line in marked[:2]] == ["FIN", "ACK"]
    assert all("53431" in line for line in marked)


@piloted(target=Target("web-3", "lo"))
async def test_timer_in_tenths_runs_down_between_two_pictures(driver: Driver) -> None:
    await driver.choose(24)
    assert "sent again in 1.2s" in text_of(driver.detail)
    driver.monitor.later_ns = 300_000_000
    await driver.arrive()
    assert "sent again in 0.9s" in text_of(driver.detail)


@piloted()
async def test_packet_chosen_selects_its_connection(driver: Driver) -> None:
    await driver.press("2", "home")
    assert driver.at == 21  # the client's socket: it has the initiator's ends
    assert "53502" in driver.detail.line_at(0).text


@piloted()
async def test_packet_chosen_of_no_socket_still_has_its_detail(driver: Driver) -> None:
    await driver.press("2", "end", "up")
    before = driver.at
    await driver.press("down")
    assert driver.at == before
    assert "127.0.0.1:53510 ⇄ 127.0.0.1:9999" in driver.detail.line_at(0).text
    assert "Nothing is known of this connection" in text_of(driver.detail)


@piloted()
async def test_s_limits_the_packets_to_the_selected_connection(driver: Driver) -> None:
    await driver.press("down", "down", "s")
    assert len(driver.packets.rows) == 2
    assert "selected connection only" in driver.packets.title()
    await driver.press("s")
    assert len(driver.packets.rows) == 14


@piloted()
async def test_s_goes_with_the_selection_and_with_new_segments(driver: Driver) -> None:
    await driver.press("s")
    assert "No segment of the selected connection yet." in text_of(driver.packets)
    await driver.press("down", "down")
    await driver.arrive(
        Conversation(1, 53431, TIME_NS).say(1, 0x10, 1, 16), Conversation(9, 1, TIME_NS).say(0, 0x10, 1, 1)
    )
    assert len(driver.packets.rows) == 3


@piloted()
async def test_r_switches_to_absolute_numbers(driver: Driver) -> None:
    await driver.press("down", "r")
    assert "1 834 112 906 d" in text_of(driver.detail)
    assert "absolute numbers" in driver.detail.line_at(0).text
    await driver.press("r")
    assert "1 834 112 906 d" not in text_of(driver.detail)


@piloted()
async def test_p_freezes_the_picture(driver: Driver) -> None:
    await driver.press("p")
    await driver.publish([])
    await driver.arrive(Conversation(9, 1, TIME_NS).say(0, 0x10, 1, 1))
    assert len(driver.connections.rows) > 0
    assert len(driver.packets.rows) == 14
    await driver.press("p")
    assert [row.key for row in driver.connections.rows] == [State.CLOSED]


@piloted()
async def test_n_goes_round_the_trouble(driver: Driver) -> None:
    seen = [driver.at]
    for _ in range(3):
        await driver.press("n")
        seen.append(driver.at)
    assert seen == [1, 2, 3, 1]


@piloted()
async def test_capital_n_goes_back(driver: Driver) -> None:
    await driver.press("n", "n", "N")
    assert driver.at == 2


@piloted()
async def test_n_says_how_many_in_trouble_are_hidden(driver: Driver) -> None:
    await driver.press("slash", *"curl", "enter", "n")
    [notice] = driver.app._notifications
    assert "in trouble are hidden by the port or the filter" in notice.message


@piloted()
async def test_o_sorts_by_the_next_order_and_keeps_the_cursor(driver: Driver) -> None:
    await driver.press("down", "o", "o")
    assert driver.connections.title().endswith("by queues")
    assert driver.at == 2
    members = [row.key for row in driver.connections.rows[1:4] if not isinstance(row, Heading)]
    assert members == [3, 2, 1]


@piloted()
async def test_filter_narrows_as_it_is_typed(driver: Driver) -> None:
    await driver.press("slash", *"curl", "enter")
    assert "filter curl" in driver.connections.title()
    assert "java" not in text_of(driver.connections)
    assert driver.connections.has_focus
    await driver.press("escape")
    assert "filter" not in driver.connections.title()


@piloted()
async def test_filter_that_is_wrong_says_where_and_keeps_the_last_one(driver: Driver) -> None:
    await driver.press("slash", *"curl")
    driver.app.query_one(Input).value = "curl prot:9"
    await driver.pilot.pause()
    message = driver.app.query_one("#filter-message")
    assert "filter, column 6: there is no key 'prot'" in message.line_at(0).text  # type: ignore[attr-defined]
    assert message.size.width > 60
    assert "filter curl" in driver.connections.title()


@piloted()
async def test_filter_says_what_it_narrows(driver: Driver) -> None:
    await driver.press("slash", *"curl")
    message = driver.app.query_one("#filter-message")
    assert "narrows connections and their packets" in message.line_at(0).text  # type: ignore[attr-defined]


@piloted(filter_text="proc:curl")
async def test_filter_given_at_the_start_narrows_and_can_be_changed(driver: Driver) -> None:
    assert driver.connections.title() == "Connections · 2 of 15 · port 9999 · filter proc:curl · by time in state"
    await driver.press("slash", "backspace", *"l pid:1")
    assert "filter proc:curl pid:1" in driver.connections.title()


def test_filter_given_at_the_start_that_is_wrong_is_an_error() -> None:
    with pytest.raises(FilterError, match="column 1"):
        Dashboard(CannedMonitor(), SUBJECT, LiveMode(), filter_text="prot:1")


@piloted()
async def test_filter_closed_by_escape_is_taken_away(driver: Driver) -> None:
    await driver.press("slash", *"curl", "escape")
    assert "filter" not in driver.connections.title()
    assert not driver.app.query_one(FilterBar).has_class("-open")
    assert driver.connections.has_focus


@piloted()
async def test_filter_that_matches_nothing_says_so(driver: Driver) -> None:
    await driver.press("slash", *"pid:1", "enter")
    assert "No socket matches port 9999, filter pid:1." in text_of(driver.connections)


@piloted()
async def test_keys_move_between_the_panes(driver: Driver) -> None:
    await driver.press("tab")
    assert driver.packets.has_focus
    await driver.press("shift+tab", "shift+tab")
    assert driver.detail.has_focus
    await driver.press("1")
    assert driver.connections.has_focus


@piloted()
async def test_enter_goes_to_the_detail(driver: Driver) -> None:
    await driver.press("enter")
    assert driver.detail.has_focus


@piloted()
async def test_z_shows_one_pane_alone(driver: Driver) -> None:
    await driver.press("2", "z")
    assert driver.packets.size.width > 110
    assert not driver.connections.display
    await driver.press("escape")
    assert driver.connections.display


@piloted(size=NARROW)
async def test_narrow_terminal_shows_one_pane_and_tabs(driver: Driver) -> None:
    for key, pane in (("1", driver.connections), ("2", driver.packets), ("3", driver.detail)):
        await driver.press(key)
        assert pane.has_focus
        assert pane.size.height == 24 - 4
        assert sum(other.display and other.size.height > 0 for other in (driver.connections, driver.packets)) <= 1


@piloted(size=(96, 40))
async def test_tall_terminal_stacks_the_panes(driver: Driver) -> None:
    assert driver.connections.region.width == driver.packets.region.width == 96
    assert driver.packets.region.y > driver.connections.region.y


@piloted(size=(20, 5))
async def test_tiny_terminal_does_not_break(driver: Driver) -> None:
    await driver.press("2", "down", "3", "1", "end", "question_mark", "escape")
    await driver.pilot.resize_terminal(1, 1)
    await driver.pilot.resize_terminal(200, 50)
    assert "CLOSE-WAIT" in text_of(driver.connections)


@piloted()
async def test_y_copies_the_row(driver: Driver) -> None:
    await driver.press("y")
    assert driver.app.clipboard.startswith("CLOSE-WAIT  :9999  127.0.0.1:53412")
    await driver.press("2", "end", "up", "y")
    assert "127.0.0.1:53510 → 127.0.0.1:9999  [S]" in driver.app.clipboard
    await driver.press("3", "y")
    assert "Nothing is known of this connection" in driver.app.clipboard


@piloted()
async def test_question_mark_explains_the_pane_and_its_keys(driver: Driver) -> None:
    await driver.press("2", "question_mark")
    assert isinstance(driver.app.screen, HelpScreen)
    text = text_of(driver.app.screen.query_one(HelpText))
    assert "What do I press next?" in text
    assert driver.packets.HELP[:40] in text
    await driver.press("escape")
    assert driver.packets.has_focus


@piloted()
async def test_every_key_is_described(driver: Driver) -> None:
    for pane in ("1", "2", "3"):
        await driver.press(pane)
        bindings = driver.app.all_bindings()
        assert all(binding.description and binding.tooltip and binding.id for binding in bindings)
    assert len({binding.id for binding in bindings}) == len(bindings)


@piloted()
async def test_t_turns_the_themes(driver: Driver) -> None:
    seen = {driver.app.theme}
    for _ in range(2):
        await driver.press("t")
        seen.add(driver.app.theme)
    assert seen == {"tcpwatch-dark", "tcpwatch-light", "tcpwatch-ansi"}


@piloted(capture=False)
async def test_missing_capture_is_explained(driver: Driver) -> None:
    text = text_of(driver.packets)
    assert text.splitlines()[0] == " Packets · lo · not captured"
    assert "CAP_NET_RAW is missing" in text
    assert "sudo tcpwatch --iface lo --port 9999" in text


@piloted(size=(160, 50))
async def test_hosts_stand_beside_the_ports_once_there_are_several(driver: Driver) -> None:
    assert "HOST" not in text_of(driver.packets)
    await driver.arrive(Conversation(7, 53502, TIME_NS, client="10.0.0.217").say(0, 0, 0, 0))
    assert "HOST" in text_of(driver.packets)
    assert "10.0.0.217   53502→9999" in text_of(driver.packets)


@piloted()
async def test_gone_connection_keeps_its_detail(driver: Driver) -> None:
    await driver.press("down")
    await driver.publish([row for row in driver.monitor.snapshot().connections if row.key != 2])
    assert "53420" in driver.detail.line_at(0).text
    assert driver.at == 3
    assert server_end(53420) in driver.monitor.details


@piloted(target=Target("web-3", "lo", all_netns=True))
async def test_all_namespaces_have_a_column(driver: Driver) -> None:
    await driver.publish([connection(1, server_end(53412), State.CLOSE_WAIT, 252, "java", netns=Namespace(5, "blue"))])
    assert driver.connections.titles().text.split()[:3] == ["LOCAL", "REMOTE", "NETNS"]
    assert "blue" in text_of(driver.connections)


@piloted()
async def test_one_namespace_has_none(driver: Driver) -> None:
    assert "NETNS" not in driver.connections.titles().text


@piloted()
async def test_v_goes_round_the_views_of_the_detail(driver: Driver) -> None:
    await driver.press("down")
    assert "[Explain]" in text_of(driver.detail)
    await driver.press("v")
    assert "[TCB]" in text_of(driver.detail)
    await driver.press("v")
    text = text_of(driver.detail)
    assert "[States]" in text
    assert "◈ SYN-RECEIVED" in text
    await driver.press("v")
    assert "[Wire]" in text_of(driver.detail)
    await driver.press("v")
    assert "[Explain]" in text_of(driver.detail)


@piloted()
async def test_closed_connections_do_not_move_the_cursor(driver: Driver) -> None:
    await driver.press("end", "space", "down", "down")
    assert driver.at == 61
    line = driver.line_of_cursor
    driver.monitor.publish(connections(), ended=closed()[1:])
    driver.app.pull_snapshot()
    await driver.pilot.pause()
    assert (driver.at, driver.line_of_cursor) == (61, line)


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
@pytest.mark.parametrize("over", ["P", "w", "question_mark", "slash"])
def test_interrupt_ends_it_whatever_is_over_the_panes(over: str, key: str) -> None:
    @piloted()
    async def test(driver: Driver) -> None:
        await driver.press(over)
        assert driver.app.return_code is None
        await driver.press(key)
        assert driver.app.return_code == 0

    test()
