"""The recording of each scenario of the lab: what is wrong in it, and that nothing else is above a note."""

from itertools import chain

import pytest

from tcpwatch.capture.replay import CaptureFile
from tcpwatch.diagnose.problem import SEVERITY_RANK, Problem, Severity
from tcpwatch.lab.recordings import segments_of
from tcpwatch.lab.scenarios import SCENARIOS
from tcpwatch.wire.decode import Decoder
from tests.diagnose.wire.traces import problems_of_segments

# By the name of the scenario: problems above a note, and what else is expected. The lab waits for its reader, so an
# answer may take seconds.
EXPECTED: dict[str, tuple[set[str], set[str]]] = {
    "accept-queue-full": ({"slow-handshake"}, set()),
    "close-wait": ({"close-wait-leak"}, {"close-wait"}),
    "corked": (set(), set()),
    "deferred-accept": (set(), set()),
    "fd-limit": ({"close-wait-leak", "handshake-incomplete"}, set()),
    "fin-wait-2": ({"close-wait-leak"}, {"reset-by-peer", "half-close"}),
    "half-close": (set(), {"half-close", "slow-server"}),
    "half-open": ({"slow-handshake"}, set()),
    "handshake": (set(), {"slow-server"}),
    "http": ({"slow-server"}, set()),
    "https": (set(), {"half-close"}),
    "inherited-listener": (set(), set()),
    "keep-alive": ({"dead-peer"}, set()),
    "leak-by-one-client": ({"close-wait-leak"}, {"close-wait"}),
    "linger-zero": ({"reset-by-peer"}, set()),
    "lost-fin": ({"retransmission-storm"}, set()),
    "lost-last-ack": ({"retransmission-storm"}, set()),
    "messages": (set(), set()),
    "middlebox-reset": ({"reset-by-middlebox"}, set()),
    "out-of-order": (set(), set()),
    "path-mtu": ({"path-mtu", "retransmission-storm"}, set()),
    "port-reuse": (set(), {"port-reuse"}),
    "ports-exhausted": (set(), set()),
    "refused": (set(), {"refused"}),
    "reset": ({"reset-by-peer"}, set()),
    "retransmission": ({"retransmission-storm"}, set()),
    "simultaneous-close": ({"retransmission-storm"}, set()),
    "simultaneous-open": ({"slow-handshake"}, set()),
    "slow-app": (set(), set()),
    "slow-reader-here": ({"zero-window-never-reopened"}, {"receive-window-shut"}),
    "stale-syn": (set(), {"reset-by-peer"}),
    "syn-flood": ({"handshake-incomplete"}, set()),
    "syn-timeout": ({"handshake-incomplete"}, set()),
    "time-wait": (set(), set()),
    "zero-window": ({"receive-window-shut"}, set()),
}


def problems_of(name: str) -> tuple[Problem, ...]:
    recording, decoder = CaptureFile(str(segments_of(name))), Decoder()
    frames = enumerate(chain.from_iterable(recording.batches()), 1)
    decoded = [decoder.decode(number, *frame) for number, frame in frames]
    recording.close()
    return problems_of_segments(segment for segment in decoded if segment is not None)


@pytest.mark.parametrize("name", EXPECTED)
def test_recording_has_its_problem_and_no_other_above_a_note(name: str) -> None:
    above, others = EXPECTED[name]
    found = problems_of(name)
    assert {one.rule for one in found if one.rank > SEVERITY_RANK[Severity.NOTE]} == above
    assert {one.rule for one in found if one.rank <= SEVERITY_RANK[Severity.NOTE]} == others


def test_every_scenario_is_expected_to_show_something_or_nothing() -> None:
    assert set(EXPECTED) <= set(SCENARIOS)
