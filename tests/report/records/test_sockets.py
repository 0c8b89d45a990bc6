import json
from typing import Any

import pytest

from tcpwatch.report.records.sockets import SOCKETS, ReportedSocket
from tcpwatch.sockets.extras import Extensions, Memory
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import Backlog, NoOwner, SocketRow, Timer, TimerKind, UpperSocket
from tcpwatch.sockets.timeline import OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.state import State
from tests.builders import Told, connection, owner

SECOND = 1_000_000_000
SOCKET_KEYS = {
    *[
        "cookie",
        "family",
        "local_ip",
        "local_port",
        "remote_ip",
        "remote_port",
        "state",
        "state_age_ms",
        "history",
        "uid",
        "user",
        "inode",
        "owners",
        "recv_q",
        "send_q",
    ],
    *["backlog", "timer", "tcb", "tcb_source", "info", "netns", "netns_name", "container"],
    *["memory", "congestion", "congestion_info", "ulp", "ulp_info", "upper", "cgroup", "mark", "v6only", "shutdown"],
}


def socket(now_s: int = 5, **facts: Any) -> dict[str, Any]:
    found = connection(**facts)
    record = ReportedSocket(found, now_s * SECOND, lambda: found.row, "/group{}".format)
    loaded: dict[str, Any] = json.loads(json.dumps(SOCKETS.as_dict(record)))
    return loaded


def test_socket_has_the_promised_keys() -> None:
    assert set(socket()) >= SOCKET_KEYS


def test_socket_names_its_namespace_in_three_ways() -> None:
    def attributes_given(netns: Namespace | None) -> tuple[object, ...]:
        found = socket(netns=netns)
        return tuple(found[key] for key in ("netns", "netns_name", "container"))

    assert attributes_given(Namespace(4_026_532_177, "blue", "docker/3f2a", "nginx/80")) == (
        4_026_532_177,
        "blue",
        "docker/3f2a",
    )
    assert attributes_given(None) == (None, None, None)


def test_socket_age_is_null_where_the_change_was_not_seen() -> None:
    assert socket(since_seen=True)["state_age_ms"] == 5000
    unseen = socket(since_seen=False)
    assert (unseen["state_age_ms"], unseen["state_age_at_least_ms"]) == (None, 5000)


def test_socket_lists_every_owner() -> None:
    found = socket(owners=(owner(pid=1, fd=3), owner(pid=2, fd=3)))
    assert [holder["pid"] for holder in found["owners"]] == [1, 2]


def test_socket_says_why_there_is_no_owner() -> None:
    found = socket(state=State.TIME_WAIT, inode=0, owners=(), no_owner=NoOwner.KERNEL)
    assert (found["owners"], found["no_owner"], found["inode"]) == ([], "no owner: kernel's", None)


def test_listener_has_a_backlog_and_no_queues() -> None:
    found = socket(state=State.LISTEN, recv_q=3, send_q=128, backlog=Backlog(3, 128, drops=7))
    assert found["backlog"] == {"queued": 3, "limit": 128, "half_open": None, "drops": 7}
    assert (found["recv_q"], found["send_q"]) == (None, None)


def test_socket_timer_is_named_with_what_is_left_of_it() -> None:
    found = socket(now_s=5, timer=Timer(TimerKind.RETRANSMIT, 1_400, 2, read_ns=4 * SECOND))
    assert found["timer"] == {"kind": "retransmit", "expires_ms": 400, "retransmits": 2}


def test_socket_of_a_source_without_cookies_has_none() -> None:
    assert socket(cookie=-17)["cookie"] is None


def test_socket_extensions() -> None:
    attributes_given = Extensions(
        Memory(rmem_alloc=832, drops=2), "bbr", {"bw": 5}, "tls", {"version": 772}, 7, 42, True, 3
    )
    found = socket(attributes=Told(attributes_given))
    assert (found["memory"]["rmem_alloc"], found["memory"]["rcvbuf"], found["memory"]["drops"]) == (832, None, 2)
    assert (found["congestion"], found["congestion_info"]) == ("bbr", {"bw": 5})
    assert (found["ulp"], found["ulp_info"]) == ("tls", {"version": 772})
    assert (found["cgroup"], found["mark"], found["v6only"]) == ("/group7", 42, True)
    assert found["shutdown"] == ["receive", "send"]


def test_socket_extensions_that_are_not_known() -> None:
    found = socket()
    assert {found[key] for key in ("memory", "congestion", "ulp", "cgroup", "mark", "v6only", "shutdown")} == {None}


@pytest.mark.parametrize(("bits", "words"), [(0, []), (1, ["receive"]), (2, ["send"])])
def test_socket_shutdown(bits: int, words: list[str]) -> None:
    assert socket(attributes=Told(Extensions(shutdown=bits)))["shutdown"] == words


def test_socket_has_the_states_it_went_through() -> None:
    timeline = (
        Timeline()
        .entering(State.SYN_SENT, 1 * SECOND, Precision.EXACT)
        .noting(OccurrenceKind.RETRANSMISSION, 2 * SECOND)
    )
    past = timeline.entering(State.ESTABLISHED, 3 * SECOND, Precision.EXACT)
    opening, present = socket(now_s=5, past=past)["history"]
    assert opening == {
        "state": "SYN-SENT",
        "known": "exact",
        "entered_ago_ns": 4 * SECOND,
        "dwell_ns": 2 * SECOND,
        "happened": {"retransmission": 1},
    }
    assert (present["state"], present["entered_ago_ns"], present["dwell_ns"]) == ("ESTABLISHED", 2 * SECOND, 2 * SECOND)


def test_socket_of_which_nothing_was_told_has_its_present_state() -> None:
    [only] = socket(now_s=5, since_seen=False)["history"]
    assert (only["state"], only["known"], only["happened"]) == ("ESTABLISHED", "at-least", {})


def test_row_is_completed_by_the_first_column_that_needs_it() -> None:
    asked: list[int] = []
    found = connection()

    def read_row() -> SocketRow:
        asked.append(1)
        return found.row

    record = ReportedSocket(found, SECOND, read_row, str)
    assert (record.age_ns, asked) == (SECOND, [])
    SOCKETS.as_dict(record)
    assert asked == [1]


def test_socket_names_the_interface_it_is_bound_to() -> None:
    def attributes_given(**facts: Any) -> tuple[object, ...]:
        found = socket(**facts)
        return found["interface"], found["interface_name"], found["local_ip"]

    assert attributes_given(interface=3, interface_name="eth0") == (3, "eth0", "127.0.0.1")
    assert attributes_given(interface=3) == (3, None, "127.0.0.1")
    assert attributes_given() == (None, None, "127.0.0.1")


def test_socket_below_another_has_that() -> None:
    above = UpperSocket("MPTCP", State.CLOSE_WAIT, 5_832, 0, 0xAFFE)
    assert socket(upper=above)["upper"] == {
        "protocol": "MPTCP",
        "state": "CLOSE-WAIT",
        "unread_memory": 5_832,
        "unsent_memory": 0,
        "token": 0xAFFE,
    }
    assert socket()["upper"] is None
