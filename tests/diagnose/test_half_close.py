"""When data was last sent, and what that says of a CLOSE-WAIT."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.half_close import SENDING_NS, TICKS_NS, YOUNG_NS, HalfClose, half_close_of, last_sent_ns
from tcpwatch.diagnose.problem import Since
from tcpwatch.sockets.tcp_info import TcpInfo
from tests.builders import row
from tests.diagnose.kernel_record import Record

NOW_NS = 100_000_000_000
SEEN, EARLIER = Since(NOW_NS - 60_000_000_000, seen=True), Since(NOW_NS - 60_000_000_000, seen=False)


@pytest.mark.parametrize(("bytes_sent", "sent_ns"), [(0, None), (9, NOW_NS - 5_000_000)])
def test_age_of_the_last_data_is_that_of_the_connection_where_none_was_sent(
    bytes_sent: int, sent_ns: int | None
) -> None:
    info = replace(TcpInfo.decode(bytes(280)), last_data_sent=5, bytes_sent=bytes_sent)
    assert last_sent_ns(row(read_ns=NOW_NS, record=Record({}, info))) == sent_ns
    assert last_sent_ns(row()) is None


@pytest.mark.parametrize(
    ("began", "sent_ns", "found"),
    [
        (SEEN, NOW_NS - 1, HalfClose(True, 1)),
        (SEEN, NOW_NS - SENDING_NS, None),
        (Since(NOW_NS - YOUNG_NS, seen=True), NOW_NS - YOUNG_NS + TICKS_NS, None),  # an answer just before the FIN
        (
            Since(NOW_NS - YOUNG_NS, seen=True),
            NOW_NS - YOUNG_NS + TICKS_NS + 1,
            HalfClose(True, YOUNG_NS - TICKS_NS - 1),
        ),
        (Since(NOW_NS - YOUNG_NS, seen=True), NOW_NS - YOUNG_NS - 1, None),
        (Since(NOW_NS - YOUNG_NS, seen=False), NOW_NS - YOUNG_NS - 1, HalfClose(True, YOUNG_NS + 1)),
        (Since(NOW_NS - 1, seen=True), None, HalfClose(False)),
        (EARLIER, None, None),
    ],
)
def test_close_wait_by_what_was_sent(began: Since, sent_ns: int | None, found: HalfClose | None) -> None:
    assert half_close_of(row(), began, sent_ns, NOW_NS) == found
