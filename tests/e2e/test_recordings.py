"""The recordings in the package before tshark, which knows nothing of what was promised."""

import json
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tcpwatch.lab.recordings import acts_of, segments_of
from tcpwatch.lab.scenarios import SCENARIOS
from tests.conftest import Ended

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")]

WORDS = (
    *("retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "lost_segment"),
    *("ack_lost_segment", "duplicate_ack", "zero_window", "zero_window_probe", "zero_window_probe_ack"),
    *("window_update", "window_full", "keep_alive", "keep_alive_ack", "reused_ports"),
)


def analysis_by_tshark(name: str) -> list[set[str]]:
    """Wireshark's words for each frame."""
    fields = [word for field in WORDS for word in ("-e", f"tcp.analysis.{field}")]
    command = [
        "tshark",
        "-r",
        str(segments_of(name)),
        "-T",
        "fields",
        "-E",
        "separator=,",
        "-E",
        "occurrence=f",
        *fields,
    ]
    output = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    return [{word for word, value in zip(WORDS, line.split(","), strict=True) if value} for line in output.splitlines()]


@pytest.mark.parametrize("name", SCENARIOS)
def test_tshark_agrees_with_the_recording_of(tcpwatch: Callable[..., Ended], name: str) -> None:
    by_tshark = analysis_by_tshark(name)
    ours = [json.loads(line) for line in tcpwatch("packets", "-r", segments_of(name), "--json").out]
    assert [set(segment["analysis"]) for segment in ours] == by_tshark
    promised = {word for act in acts_of(name) for word in act.promise.analysis}
    assert promised <= set().union(*by_tshark)
