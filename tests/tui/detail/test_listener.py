"""A listener's gauges."""

import pytest

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.counters import NO_STACK, SYN_BACKLOG, SYNCOOKIES, Rise, Stack
from tcpwatch.sockets.row import Backlog
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.listener import GAUGE, gauge, half_open_words, listening
from tcpwatch.tui.detail.sentence import Sentence
from tests.tui.canned import connection, ends_of

ENDS = ends_of(("0.0.0.0", 9999), ("0.0.0.0", 0))


def by_label(backlog: Backlog | None, stack: Stack = NO_STACK, turned_away: int = 0) -> dict[str, Sentence]:
    one: Connection = connection(1, ENDS, State.LISTEN, 1, backlog=backlog, turned_away=turned_away)
    return {sentence.about: sentence for sentence in listening(one, stack)}


@pytest.mark.parametrize(
    ("count", "limit", "filled"),
    [(0, 128, 0), (1, 128, 1), (64, 128, GAUGE // 2), (127, 128, GAUGE - 1), (128, 128, GAUGE), (129, 128, GAUGE)],
)
def test_gauge(count: int, limit: int, filled: int) -> None:
    assert gauge(count, limit) == f"▕{'█' * filled}{'·' * (GAUGE - filled)}▏"


def test_gauge_of_a_queue_without_room() -> None:
    assert (gauge(0, 0).count("█"), gauge(1, 0).count("█")) == (0, GAUGE)


def test_accept_queue_that_overflows_is_seen() -> None:
    room, full = by_label(Backlog(128, 128))["accept"], by_label(Backlog(129, 128))["accept"]
    assert room._replace(message=room.words()) == Sentence(
        "accept", f"{gauge(128, 128)} 128 of 128 waiting for accept()"
    )
    assert full.words().endswith("129 of 128 waiting for accept(): full, new ones are turned away")
    assert full.style == "trouble"


def test_half_open_queue_is_measured_by_the_limit_that_is_in_force() -> None:
    backlog = Backlog(0, 128, half_open=6)
    assert by_label(backlog)["opening"].words().endswith("6 of 128 half open, in SYN-RECEIVED")
    strict = Stack(sysctls={SYNCOOKIES: 0, SYN_BACKLOG: 8})
    full = by_label(backlog, strict)["opening"]
    assert full._replace(message=full.words()) == Sentence(
        "opening", f"{gauge(6, 6)} 6 of 6 half open, in SYN-RECEIVED: full", "trouble"
    )


def test_what_is_not_counted_is_not_told() -> None:
    assert by_label(Backlog(0, 128)).keys() == {"accept"}
    assert by_label(None)["accept"].words().endswith("–")


def test_drops_say_how_many_were_clients_without_room() -> None:
    assert by_label(Backlog(0, 128, drops=1))["dropped"].words() == "1 segment since it listens, repeated SYNs included"
    refused = by_label(Backlog(0, 128, drops=46), turned_away=12)["dropped"]
    assert refused.words().endswith("included, 12 of them in the last minute for want of room")
    assert refused.style == "trouble"


def test_counters_are_the_namespaces() -> None:
    stack = Stack({"ListenOverflows": Rise(40, 12), "ListenDrops": Rise(0, 0)})
    assert by_label(Backlog(0, 128), stack)["nstat"].words() == (
        "this namespace in the last minute (since tcpwatch began): ListenOverflows 12 (40) · ListenDrops 0 (0)"
    )


def test_half_open_words() -> None:
    assert [half_open_words(Backlog(0, 128, half_open=n)) for n in (None, 0, 3)] == ["–", "syn 0/128", "syn 3/128"]
