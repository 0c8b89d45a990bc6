"""Status, tabs, keys."""

from dataclasses import replace

from textual.binding import Binding

from tcpwatch.monitor.interruptions import Interruption
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.tui.bars.status import GONE_NS, keys_line, status_line, tabs_line
from tcpwatch.tui.protocols import Target
from tests.tui.canned import SUBJECT, CannedMonitor

SNAPSHOT = CannedMonitor().snapshot()


def test_status_of_a_wide_terminal() -> None:
    text = status_line(SUBJECT, SNAPSHOT, False, 120).text
    assert text.startswith(" tcpwatch  web-3 · lo · port 9999   kernel ● sock_diag  packets ● 1 204  dropped 0 ")
    assert text.endswith(" live · 12:03:44 ")
    assert len(text) == 120


def test_status_of_a_narrow_terminal_keeps_the_clock() -> None:
    text = status_line(SUBJECT, SNAPSHOT, True, 70).text
    assert "sock_diag" not in text
    assert text.endswith(" ‖ paused · 12:03:44 ")


def test_status_without_room_names_only_the_sources_that_have_something_to_say() -> None:
    text = status_line(SUBJECT, SNAPSHOT, False, 70).text
    assert " packets ● 1 204 " in text
    assert "kernel" not in text
    kernel = SourceStatus("kernel", True, "BPF", lost=3)
    line = status_line(SUBJECT, replace(SNAPSHOT, sources=(kernel,)), False, 74)
    assert " kernel ● ⚠ ≥3 lost " in line.text


def test_status_is_loud_about_what_was_dropped() -> None:
    line = status_line(SUBJECT, replace(SNAPSHOT, dropped=7), False, 80)
    assert (" ⚠ dropped 7 ", "trouble") in line.runs


def test_status_tells_how_many_events_were_lost() -> None:
    events = SourceStatus("events", True, "BPF", lost=1_204)
    line = status_line(SUBJECT, replace(SNAPSHOT, sources=(events,)), False, 120)
    assert " events ● BPF ⚠ ≥1 204 lost " in line.text


def test_status_of_a_source_that_tells_a_part_says_which() -> None:
    events = SourceStatus("events", False, "NETLINK_SOCK_DIAG", lost=7, partly="ends only")
    for width in (84, 120):
        line = status_line(SUBJECT, replace(SNAPSHOT, sources=(events,)), False, width)
        assert " events ○ ends only ⚠ ≥7 lost " in line.text


def test_status_without_capture() -> None:
    assert "packets ○ none" in status_line(SUBJECT, CannedMonitor(capture=False).snapshot(), False, 120).text


def test_subject_in_words() -> None:
    assert Target("web-3", "lo", (80, 443)).words == ("web-3", "lo", "ports 80 443")
    assert Target("web-3").words == ("web-3",)
    assert Target("web-3", "lo", netns="blue").words == ("web-3", "netns blue", "lo")
    assert Target("web-3", all_netns=True).words == ("web-3", "all netns as of the start")


def test_tabs_tell_the_active_one_without_colour() -> None:
    assert tabs_line(("One", "Two"), 1).text == "  1 One  [2 Two]"


def test_keys_are_dropped_from_the_right_but_help_and_quit() -> None:
    keys = [
        Binding("a", "a", "First"),
        Binding("b", "b", "Second"),
        Binding("c", "c", "Hidden", show=False),
        Binding("question_mark", "help", "help", key_display="?", id="app.help"),
        Binding("q", "quit", "quit", id="app.quit"),
    ]
    assert keys_line(keys, 40).text == " a First  b Second       ? help  q quit "
    assert keys_line(keys, 30).text == " a First       ? help  q quit "


def test_status_of_a_source_that_stopped_says_why_and_since_when() -> None:
    packets = SourceStatus("packets", False, "eth0 is down, waiting", since_ns=SNAPSHOT.time_ns)
    line = status_line(SUBJECT, replace(SNAPSHOT, sources=(packets,)), False, 120)
    assert " packets ○ eth0 is down since 12:03:44 " in line.text


def test_status_names_the_links_on_which_nothing_is_captured() -> None:
    now = SNAPSHOT.time_ns
    down = Interruption(1, "eth0 is down", now, None, "eth0")
    others = (
        Interruption(1, "eth1 is gone", now - 2 * GONE_NS, None, "eth1"),
        Interruption(1, "eth2 is down", now, now, "eth2"),
        Interruption(1, "eth3 is up", now, now, "eth3"),
    )

    def text(*interruptions: Interruption, width: int = 120) -> str:
        packets = SourceStatus("packets", True, "capturing", interruptions=interruptions)
        return status_line(SUBJECT, replace(SNAPSHOT, sources=(packets,)), False, width).text

    assert " ○ eth0 is down since 12:03:44 " in text(*others, down)
    assert " ○ eth0 is down since 12:03:44 " in text(*others, down, width=100)
    assert "and 1 more" in text(down._replace(link="eth9", what="eth9 is down"), down)
    assert "○" not in text(*others)
    assert text(down, width=60).endswith(" live · 12:03:44 ")
