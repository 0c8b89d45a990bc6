"""Real traffic, recorded by `tcpwatch packets --write` on loopback, and what the commands make of it now.

`demo.pcapng` is the demo from start to end; `endings.pcapng` has a connection refused, one aborted over IPv6, one half
closed and then closed, and one reset because its server left bytes unread. The story of each connection stands beside
its capture.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ended

CAPTURES = Path(__file__).resolve().parents[1] / "captures"


def stories(packets: list[str], flows: list[str]) -> list[str]:
    """A paragraph for each connection: how it went as a whole, then each segment that has a meaning."""
    lines = []
    segments = [json.loads(line) for line in packets]
    for flow in map(json.loads, flows):
        states = f"{flow['initiator']['state']}/{flow['responder']['state']}"
        lines.append(f"{flow['opened']}, {flow['closed']} by {flow['closed_by']}, {states}")
        for segment in segments:
            meaning = [word for word in (segment["step"], *segment["analysis"], segment["app"]) if word]
            if segment["stream"] == flow["stream"] and meaning:
                arrow = "->" if segment["src_port"] == flow["initiator"]["port"] else "<-"
                lines.append(f"  {arrow} {segment['src_state']}/{segment['dst_state']}: {', '.join(meaning)}")
    return lines


@pytest.mark.parametrize("name", ["demo", "endings"])
def test_capture_tells_its_story(tcpwatch: Callable[..., Ended], name: str) -> None:
    capture = CAPTURES / f"{name}.pcapng"
    packets, flows = tcpwatch("packets", "-r", capture, "--json"), tcpwatch("flows", "-r", capture, "--json")
    assert stories(packets.out, flows.out) == (CAPTURES / f"{name}.txt").read_text().splitlines()
