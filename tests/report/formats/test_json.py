import json
from typing import Any

import pytest

from tcpwatch.report.formats import json as json_format
from tcpwatch.report.records.packets import PACKETS
from tcpwatch.tcp.event import Event, Step
from tcpwatch.wire.segment import ACK, SYN
from tests.builders import CLIENT, ends, event

PACKET_KEYS = (
    "frame time_ns stream src_ip src_port dst_ip dst_port flags seq ack seq_raw ack_raw window window_raw len options "
    "step analysis src_state dst_state note app faults"
)
TIMESTAMPS = bytes.fromhex("0101080a 00000007 00000008")


def packet(**facts: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json_format.packet(event(**facts)))
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
    line = json_format.packet(
        event(step=Step.SYN, analysis=("zero_window",), app='GET /"\\\x1b\n HTTP/1.1', option_bytes=TIMESTAMPS)
    )
    assert line == json_format.line(json.loads(line))
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


@pytest.mark.parametrize(
    "found",
    [
        event(),
        event(step=Step.SYN, analysis=("zero_window", "lost_segment"), app='GET /"\\', option_bytes=TIMESTAMPS),
        event(ends=ends(("2001:db8::1", 40000), ("2001:db8::2", 80)), option_bytes=TIMESTAMPS[:8], options_cut=True),
        event(option_bytes=bytes.fromhex("020405b4 01030307"), scaled=False),
    ],
)
def test_packet_by_hand_equals_its_schema(found: Event) -> None:
    assert json_format.packet(found) == json_format.line(PACKETS.as_dict(found))


def test_line_is_one_line_whatever_a_name_holds() -> None:
    assert "\n" not in json_format.line({"command": "a\nb\x1b"})
    assert "\x1b" not in json_format.line({"command": "a\nb\x1b"})
