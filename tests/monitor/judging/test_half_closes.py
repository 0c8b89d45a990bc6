"""A state alone is no verdict: CLOSE-WAIT that still sends, or has only just begun, is ordinary."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.half_close import SENDING_NS, YOUNG_NS, HalfClose
from tcpwatch.monitor.judging.half_closes import HalfCloses
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import UpperSocket
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tests.builders import connection
from tests.diagnose.kernel_record import Record

SECOND = 1_000_000_000
NOW_NS = 100 * SECOND
NO_INFO = TcpInfo.decode(bytes(280))


def waiting(sent_ago_ms: int | None = None, age_s: int = 60, send_q: int = 0, **facts: object) -> Connection:
    info = replace(NO_INFO, last_data_sent=sent_ago_ms or age_s * 1_000, bytes_sent=0 if sent_ago_ms is None else 1_000)
    values: dict[str, object] = {"state": State.CLOSE_WAIT, "since_ns": NOW_NS - age_s * SECOND, "since_seen": True}
    return connection(read_ns=NOW_NS, send_q=send_q, record=Record({}, info), **(values | facts))


def judged(one: Connection, later_ns: int = 0) -> HalfClose | None:
    [shown] = HalfCloses().judge([one], NOW_NS + later_ns)
    assert (shown.trouble is None) is (shown.half_close is not None or one.mark is Mark.GONE)
    return shown.half_close


def test_stream_after_a_half_close_is_ordinary() -> None:
    assert judged(waiting(sent_ago_ms=100)) == HalfClose(True, 100_000_000)


@pytest.mark.parametrize(
    "leak",
    [
        waiting(),
        waiting(sent_ago_ms=30_000),
        waiting(sent_ago_ms=5_000, age_s=4),  # before the peer closed
    ],
)
def test_leak_is_none(leak: Connection) -> None:
    assert judged(leak) is None


def test_stream_that_stops_is_a_leak_later_though_its_row_is_the_same() -> None:
    half_closes, one = HalfCloses(), waiting(sent_ago_ms=100)
    assert half_closes.judge([one], NOW_NS)[0].half_close is not None
    assert half_closes.judge([one], NOW_NS + SENDING_NS)[0].half_close is None


def test_program_has_a_moment_to_notice_the_fin() -> None:
    new = waiting(age_s=0)
    assert judged(new) == HalfClose(False)
    assert judged(new, later_ns=YOUNG_NS) is None


def test_what_waits_to_be_sent_is_no_leak() -> None:
    assert judged(waiting(send_q=9)) == HalfClose(True, 60 * SECOND)
    assert judged(connection(state=State.CLOSE_WAIT, send_q=9, since_ns=0)) == HalfClose(True, None)


def test_other_states_and_rows_that_are_gone_are_left_alone() -> None:
    rows = [connection(), waiting(mark=Mark.GONE, age_s=0)]
    assert HalfCloses().judge(rows, NOW_NS) is rows


def test_socket_above_is_judged_from_when_it_was_first_seen() -> None:
    half_closes = HalfCloses()
    one = connection(upper=UpperSocket("MPTCP", State.CLOSE_WAIT, 1), since_ns=0, since_seen=True)
    assert half_closes.judge([one], NOW_NS)[0].half_close == HalfClose(False)
    assert half_closes.judge([one], NOW_NS + YOUNG_NS)[0].half_close is None


def test_socket_above_has_waited_for_as_long_as_no_ack_came() -> None:
    silent = Record({}, replace(NO_INFO, last_ack_recv=14_000))
    one = connection(upper=UpperSocket("MPTCP", State.CLOSE_WAIT, 1), read_ns=NOW_NS, record=silent)
    assert judged(one) is None
