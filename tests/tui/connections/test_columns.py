"""The rows of the connections pane."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import Backlog, NoOwner, Owner, Timer, TimerKind
from tcpwatch.sockets.timeline import Precision, Timeline
from tcpwatch.tcp.state import State
from tcpwatch.tui.connections.columns import (
    ALL_NETNS_COLUMNS,
    COLUMNS,
    Moment,
    connection_line,
    heading_line,
    row_words,
)
from tcpwatch.tui.connections.grouping import ORDERS, Heading, by_state, rows_of
from tcpwatch.tui.paint.columns import grown, lay_out
from tcpwatch.tui.paint.format import owner_words
from tests.tui.canned import MONO_NS, closed, connection, ends_of, server_end


def line(one: Connection, width: int = 100) -> str:
    moment = Moment(one, MONO_NS)
    return connection_line(moment, lay_out(grown(COLUMNS, [moment]), width)).text


def heading(*members: Connection, folded: bool = False) -> str:
    state = members[0].row.state
    first = rows_of(by_state(members), ORDERS[0], {state: folded})[0]
    assert isinstance(first, Heading)
    return heading_line(first, MONO_NS, 60).text.rstrip()


def test_row_of_close_wait() -> None:
    one = connection(1, server_end(53412), State.CLOSE_WAIT, 252, "java", 4242, 57, recv_q=501)
    assert line(one, 62).split() == ["!", ":9999", "127.0.0.1:53412", "4m12s", "java/4242", "fd", "57", "–", "501/0"]


def test_row_of_half_a_screen_has_a_whole_ipv4_address_and_the_timer() -> None:
    keepalive = Timer(TimerKind.KEEPALIVE, 72_000, 0, MONO_NS)
    ends = ends_of(("10.0.0.5", 443), ("203.100.113.200", 61022))
    one = connection(1, ends, State.ESTABLISHED, 252, "postgres-worker", 42424, 57, timer=keepalive)
    words = line(one, 63).split()
    assert words == [":443", "203.100.113.200:61022", "4m12s", "pos…/42424", "keep", "1m12s", "0/0"]


def test_row_says_at_least_where_the_beginning_was_not_seen() -> None:
    assert "≥1h02m" in line(connection(1, server_end(1), State.ESTABLISHED, 3720, since_seen=False))


@pytest.mark.parametrize(("mark", "glyph"), [(Mark.NEW, "+"), (Mark.CHANGED, "~"), (Mark.GONE, "-"), (Mark.NONE, " ")])
def test_row_is_marked(mark: Mark, glyph: str) -> None:
    assert line(connection(1, server_end(1), State.ESTABLISHED, 1, mark=mark)).startswith(glyph + " ")


def test_row_of_a_listener_has_its_queue() -> None:
    any_address, one_address = (ends_of((ip, 9999), (ip, 0)) for ip in ("0.0.0.0", "127.0.0.1"))
    backlog = Backlog(3, 128, half_open=1)
    text = line(connection(1, any_address, State.LISTEN, 1, backlog=backlog))
    assert ":9999 on any address" in " ".join(text.split())
    assert "3/128" in text
    assert "syn 1/128" in text
    assert "on 127.0.0.1" in line(connection(1, one_address, State.LISTEN, 1, backlog=backlog))


def test_row_of_a_mapped_connection_is_marked() -> None:
    assert ":9999⁶" in line(connection(1, server_end(1), State.ESTABLISHED, 1, mapped=True))


def test_row_keeps_the_port_of_an_address_that_does_not_fit() -> None:
    ends = ends_of(("2001:db8::5", 443), ("2001:db8:1111:2222:3333:4444:5555:6666", 50118))
    assert ":6666]:50118" in line(connection(1, ends, State.ESTABLISHED, 1), 50)


def test_queue_not_observed_is_not_zero() -> None:
    assert "–/0" in line(connection(1, server_end(1), State.ESTABLISHED, 1, recv_q=None))
    assert line(connection(1, server_end(1), State.ESTABLISHED, 1, recv_q=None, send_q=None)).count("–") == 2


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"owners": (Owner(12, 1, "nginx", 9),) * 4}, "nginx/12 +3"),
        ({"owners": (Owner(12, 1, "nginx", 9),)}, "nginx/12 fd 9"),
        ({"no_owner": NoOwner.NEEDS_ROOT}, "needs root"),
        ({"no_owner": None}, "unknown"),
    ],
)
def test_owner_is_never_blank(facts: dict[str, object], words: str) -> None:
    assert owner_words(connection(1, server_end(1), State.ESTABLISHED, 1, **facts)) == words  # type: ignore[arg-type]


def test_heading_of_close_wait_is_trouble_in_words() -> None:
    one = connection(1, server_end(1), State.CLOSE_WAIT, 252)
    assert heading(one) == "▾ ◐ CLOSE-WAIT       1  oldest 4m12s  ⚠ not closed here"


def test_heading_of_close_wait_in_which_this_end_still_sends_is_no_trouble() -> None:
    one = replace(connection(1, server_end(1), State.CLOSE_WAIT, 252), half_close=HalfClose(True, 1))
    assert heading(one) == "▾ ◐ CLOSE-WAIT       1  oldest 4m12s"


def test_heading_of_time_wait_folded() -> None:
    one = connection(1, server_end(1), State.TIME_WAIT, 48, timer=Timer(TimerKind.TIME_WAIT, 12_000, 0, MONO_NS))
    assert heading(one, folded=True) == "▸ ◌ TIME-WAIT        1  next gone in 12s"


def test_heading_of_what_has_gone() -> None:
    assert heading(connection(1, server_end(1), State.CLOSE_WAIT, 1, mark=Mark.GONE)).endswith("0  gone a moment ago")


def test_heading_of_the_closed_counts_those_that_found_no_room() -> None:
    first = rows_of(by_state(closed()), ORDERS[0], {}, left_out=10_193)[0]
    assert isinstance(first, Heading)
    words = heading_line(first, MONO_NS, 80).text.rstrip()
    assert words == "▾ ✕ CLOSED           3  in the last minute, 10 193 more · AGE: time lived"


def test_row_of_the_closed_tells_how_long_it_lived_and_how_it_ended() -> None:
    refused, brief, unseen = (line(one).split() for one in closed())
    assert refused[2:] == ["24µs", "was", "curl/5120", "refused", "0/0"]
    assert brief[2:] == ["31ms", "was", "curl/5120", "closed", "0/0"]
    assert unseen[2:] == ["short", "owner", "not", "seen", "–", "0/0"]


def test_row_of_the_closed_says_at_least_where_its_birth_was_not_seen() -> None:
    timeline = (
        Timeline()
        .entering(State.ESTABLISHED, 0, Precision.AT_LEAST)
        .entering(State.CLOSED, 9_000_000_000, Precision.BETWEEN)
    )
    assert "≥9s" in line(connection(1, server_end(1), State.CLOSED, 1, past=timeline))


def test_row_words_are_whole() -> None:
    words = row_words(connection(1, server_end(53412), State.CLOSE_WAIT, 59, "java", 4242, 57), MONO_NS)
    assert words == "CLOSE-WAIT  :9999  127.0.0.1:53412  59s  java/4242 fd 57  –  0/0"


@pytest.mark.parametrize(
    ("netns", "words"),
    [
        (Namespace(5, "blue"), "  netns blue"),
        (Namespace(5, "blue", here=True), "  netns blue"),
        (Namespace(5), "  netns net:[5]"),
        (Namespace(5, here=True), ""),
    ],
)
def test_row_words_tell_whose_namespace_it_is(netns: Namespace, words: str) -> None:
    one = connection(1, server_end(53412), State.CLOSE_WAIT, 59, "java", 4242, 57, netns=netns)
    assert row_words(one, MONO_NS) == f"CLOSE-WAIT  :9999  127.0.0.1:53412  59s  java/4242 fd 57  –  0/0{words}"


@pytest.mark.parametrize(
    ("netns", "word"),
    [(Namespace(5, "blue"), "blue"), (Namespace(5, "blue", here=True), "here"), (None, "–")],
)
def test_row_among_several_namespaces_names_its_own(netns: Namespace | None, word: str) -> None:
    moment = Moment(connection(1, server_end(53412), State.CLOSE_WAIT, 252, "java", 4242, 57, netns=netns), MONO_NS)
    words = connection_line(moment, lay_out(ALL_NETNS_COLUMNS, 100)).text.split()
    assert words[:5] == ["!", ":9999", "127.0.0.1:53412", word, "4m12s"]


@pytest.mark.parametrize(
    ("netns", "word"),
    [
        (Namespace(5, container="docker/3f2a9c01d2e4"), "3f2a9c01…"),
        (Namespace(5, container="pod/9b3c5a7e"), "9b3c5a7e"),
        (Namespace(5, process="python3/17568"), "py…/17568"),
        (Namespace(5, "a-long-name"), "a-long-n…"),
    ],
)
def test_namespace_that_is_cut_can_be_told_from_others(netns: Namespace, word: str) -> None:
    moment = Moment(connection(1, server_end(53412), State.CLOSE_WAIT, 252, "java", 4242, 57, netns=netns), MONO_NS)
    text = connection_line(moment, lay_out(ALL_NETNS_COLUMNS, 56)).text
    assert word in text.split()
    assert "java/4242" in text
