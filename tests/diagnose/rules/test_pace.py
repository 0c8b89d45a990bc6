"""The rule on what holds a transfer back: the truth table of two records."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.diagnosis import diagnose
from tcpwatch.diagnose.problem import Cause, Severity
from tcpwatch.sockets.row import SocketRow, Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tests.builders import row
from tests.diagnose.facts import facts
from tests.diagnose.kernel_record import Record

NO_INFO = TcpInfo.decode(bytes(280))
LASTED_MS = 4_000


def record(read_ns: int, **info: int) -> SocketRow:
    return row(send_q=9_000, read_ns=read_ns, record=Record({}, replace(NO_INFO, **info)))


def transfer(timer: Timer | None = None, **differences: int) -> SocketFacts:
    before = dict.fromkeys(("busy_time", "rwnd_limited", "data_segs_out", "total_retrans"), 7_000_000)
    after = {name: before.get(name, 0) + more for name, more in differences.items()}
    now = record(LASTED_MS * 1_000_000, **(before | after))
    return facts(
        send_q=9_000, read_ns=now.read_ns, record=now.record, info=now.info, earlier=record(0, **before), timer=timer
    )


BUSY = {"bytes_acked": 8_000_000, "busy_time": 4_000_000, "data_segs_out": 5_000}


@pytest.mark.parametrize(
    ("found", "cause", "words"),
    [
        (transfer(**BUSY, rwnd_limited=3_800_000), Cause.PEER, "for 95 % of the time the peer's window held it back"),
        (transfer(**BUSY | {"busy_time": 400_000}), Cause.PROGRAM, "data to send for 10 % of the time only"),
        (transfer(**BUSY), Cause.NETWORK, "the network carries no more"),
        (transfer(**BUSY, total_retrans=300), Cause.NETWORK, "300 of 5,000 segments were retransmitted"),
    ],
)
def test_differences_say_whose_doing_it_is(found: SocketFacts, cause: Cause, words: str) -> None:
    [problem] = diagnose(found)
    assert (problem.rule, problem.cause) == ("pace", cause)
    assert problem.severity in (Severity.CHAT, Severity.NOTE)
    assert str(problem.message).startswith("2,000,000 bytes acknowledged a second: ")
    assert words in str(problem.message)


def test_full_window_of_a_broken_path_is_not_blamed_on_the_peer() -> None:
    broken = transfer(Timer(TimerKind.RETRANSMIT, 900, 1), **BUSY, rwnd_limited=4_000_000)
    assert "pace" not in [problem.rule for problem in diagnose(broken)]


def test_transfer_that_stands_still_has_no_pace() -> None:
    assert "pace" not in [problem.rule for problem in diagnose(transfer(**BUSY | {"bytes_acked": 0}))]


def test_without_an_earlier_record_nothing_is_said() -> None:
    assert diagnose(facts(send_q=9_000, info=NO_INFO)) == ()
