import pytest

from tcpwatch.cli.commands.demo.promises import verdict
from tcpwatch.lab.stage import Promise
from tcpwatch.narration.transcript import Chronicle


@pytest.fixture
def seen() -> Chronicle:
    chronicle = Chronicle(0)
    chronicle.socket_states |= {"LISTEN"}
    chronicle.segment_states |= {"SYN-SENT"}
    chronicle.steps |= {"1/3 SYN"}
    chronicle.analysis |= {"retransmission"}
    return chronicle


def test_verdict_on_promises_that_were_kept(seen: Chronicle) -> None:
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
def test_verdict_on_a_promise_that_was_broken(seen: Chronicle, promise: Promise, lines: list[str]) -> None:
    assert verdict([promise], seen) == (1, ["", *lines])
