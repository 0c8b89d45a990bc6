import json
from typing import Any

import pytest

from tcpwatch.report import ndjson
from tcpwatch.sockets.extras import Extensions, Memory
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import Backlog, NoOwner, Timer, TimerKind
from tcpwatch.sockets.timeline import OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import ACK, RST, SYN, Segment
from tests.builders import CLIENT, SERVER, Told, connection, ends, event, owner, segment

SECOND = 1_000_000_000
PACKET_KEYS = (
    "frame time_ns stream src_ip src_port dst_ip dst_port flags seq ack seq_raw ack_raw window window_raw len options "
    "step analysis src_state dst_state app"
)
FLOW_KEYS = "stream initiator responder completeness opened closed closed_by handshake_rtt_ns first_ns last_ns analysis"
END_KEYS = "ip port state isn bytes segs retrans_segs fin rst"
TIMESTAMPS = bytes.fromhex("0101080a 00000007 00000008")
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
    *["memory", "congestion", "congestion_info", "ulp", "ulp_info", "cgroup", "mark", "v6only", "shutdown"],
}


def packet(**facts: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(ndjson.packet(event(**facts)))
    return loaded


def socket(now_s: int = 5, **facts: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        ndjson.line(ndjson.socket(connection(**facts), now_s * SECOND, "/group{}".format))
    )
    return loaded


def test_packet_has_the_promised_keys_in_order() -> None:
    assert list(packet()) == PACKET_KEYS.split()


def test_packet_names_ends_flags_and_step() -> None:
    found = packet(frame=7, flags=SYN | ACK, step=Step.SYN_ACK, analysis=("retransmission", "lost_segment"))
    assert (found["frame"], found["src_ip"], found["src_port"]) == (7, *CLIENT)
    assert (found["flags"], found["step"]) == ("SYN,ACK", "2/3 SYN-ACK")
    assert found["analysis"] == ["lost_segment", "retransmission"]


def test_packet_keeps_wire_values_beside_relative_ones() -> None:
    found = packet()
    assert (found["seq"], found["seq_raw"], found["window"], found["window_raw"]) == (1, 1000, 65_536, 512)


def test_packet_equals_what_the_encoder_writes() -> None:
    line = ndjson.packet(
        event(step=Step.SYN, analysis=("zero_window",), app='GET /"\\\x1b\n HTTP/1.1', option_bytes=TIMESTAMPS)
    )
    assert line == ndjson.line(json.loads(line))
    assert json.loads(line)["app"] == 'GET /"\\\x1b\n HTTP/1.1'


@pytest.mark.parametrize(
    ("option_bytes", "options"),
    [
        (b"", {}),
        (TIMESTAMPS, {"ts_val": 7, "ts_ecr": 8}),
        (TIMESTAMPS[2:] + b"\x01\x01", {"ts_val": 7, "ts_ecr": 8}),
        (bytes.fromhex("020405b4 01030307"), {"mss": 1460, "wscale": 7}),
    ],
)
def test_packet_options_are_named(option_bytes: bytes, options: dict[str, int]) -> None:
    assert packet(option_bytes=option_bytes)["options"] == options


def test_packet_tells_that_its_options_were_not_captured_whole() -> None:
    assert packet(option_bytes=TIMESTAMPS[:8], options_cut=True)["options"] == {"cut": True}


def test_packet_without_meaning_has_nulls() -> None:
    found = packet()
    assert (found["step"], found["analysis"], found["app"]) == (None, [], None)
    assert (found["src_state"], found["dst_state"]) == ("ESTABLISHED", "ESTABLISHED")


def test_packet_of_ipv6_has_plain_addresses() -> None:
    found = packet(ends=ends(("2001:db8::1", 40000), ("2001:db8::2", 80)))
    assert (found["src_ip"], found["src_port"], found["dst_ip"], found["dst_port"]) == (
        "2001:db8::1",
        40000,
        "2001:db8::2",
        80,
    )


def flow(*segments: Segment) -> dict[str, Any]:
    tracker = FlowTracker()
    for each in segments:
        tracker.receive_segment(each)
    loaded: dict[str, Any] = json.loads(ndjson.line(ndjson.flow(tracker.flows()[0])))
    return loaded


def test_flow_has_the_promised_keys_in_order() -> None:
    found = flow(segment())
    assert list(found) == FLOW_KEYS.split()
    assert list(found["initiator"]) == list(found["responder"]) == END_KEYS.split()


def test_flow_that_was_refused() -> None:
    there, back = ends(CLIENT, SERVER), ends(SERVER, CLIENT)
    found = flow(
        segment(ends=there, flags=SYN, seq=1000, ack=0, time_ns=5),
        segment(ends=back, flags=RST | ACK, seq=0, ack=1001, time_ns=9),
    )
    assert (found["opened"], found["closed"], found["closed_by"]) == ("refused", "reset", "responder")
    assert (found["first_ns"], found["last_ns"]) == (5, 9)
    assert (found["initiator"]["port"], found["initiator"]["isn"], found["initiator"]["rst"]) == (53412, 1000, False)
    assert (found["responder"]["ip"], found["responder"]["isn"], found["responder"]["rst"]) == ("127.0.0.1", None, True)


def test_flow_counts_payload_and_analysis() -> None:
    found = flow(segment(length=10), segment(length=10), segment(seq=1010, length=5, window=0))
    assert (found["initiator"]["bytes"], found["initiator"]["segs"], found["initiator"]["retrans_segs"]) == (25, 3, 1)
    assert found["analysis"] == {"retransmission": 1, "zero_window": 1}
    assert (found["closed"], found["closed_by"]) == (None, None)


def test_socket_has_the_promised_keys() -> None:
    assert set(socket()) >= SOCKET_KEYS


def test_socket_names_its_namespace_in_three_ways() -> None:
    def told(netns: Namespace | None) -> tuple[object, ...]:
        found = socket(netns=netns)
        return tuple(found[key] for key in ("netns", "netns_name", "container"))

    assert told(Namespace(4_026_532_177, "blue", "docker/3f2a", "nginx/80")) == (4_026_532_177, "blue", "docker/3f2a")
    assert told(None) == (None, None, None)


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
    told = Extensions(Memory(rmem_alloc=832, drops=2), "bbr", {"bw": 5}, "tls", {"version": 772}, 7, 42, True, 3)
    found = socket(attributes=Told(told))
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


def test_line_is_one_line_whatever_a_name_holds() -> None:
    assert "\n" not in ndjson.line({"command": "a\nb\x1b"})
    assert "\x1b" not in ndjson.line({"command": "a\nb\x1b"})


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
