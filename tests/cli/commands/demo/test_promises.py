import pytest

from tcpwatch.cli.commands.demo.promises import verdict
from tcpwatch.lab.stage import Promise
from tcpwatch.narration.transcript import Transcript


@pytest.fixture
def seen() -> Transcript:
    transcript = Transcript(0)
    transcript.socket_states |= {"LISTEN"}
    transcript.segment_states |= {"SYN-SENT"}
    transcript.steps |= {"1/3 SYN"}
    transcript.analysis |= {"retransmission"}
    return transcript


def test_verdict_on_promises_that_were_kept(seen: Transcript) -> None:
    promises = [Promise(("LISTEN",)), Promise(("SYN-SENT", "LISTEN"), ("1/3 SYN",), ("retransmission",))]
    assert verdict(promises, seen) == (
        0,
        ["", "states: LISTEN, SYN-SENT seen", "steps: 1/3 SYN seen", "analysis: retransmission seen"],
    )


@pytest.mark.parametrize(
    ("promise", "lines"),
    [
        (Promise(states=("CLOSING",)), ["states: CLOSING promised, but not seen"]),
        (Promise(steps=("1/3 SYN", "RST")), ["steps: 1/3 SYN seen", "steps: RST promised, but not seen"]),
        (Promise(analysis=("zero_window",)), ["analysis: zero_window promised, but not seen"]),
    ],
)
def test_verdict_on_a_promise_that_was_broken(seen: Transcript, promise: Promise, lines: list[str]) -> None:
    assert verdict([promise], seen) == (1, ["", *lines])
