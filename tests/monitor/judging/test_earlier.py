"""The records of a few seconds ago."""

from tcpwatch.monitor.judging.earlier import EarlierRecords
from tcpwatch.monitor.snapshot import Connection
from tests.builders import connection

SECOND = 1_000_000_000


def busy(second: int, send_q: int = 9) -> Connection:
    return connection(send_q=send_q, read_ns=second * SECOND)


def test_older_record_is_at_least_a_span_back_once_there_is_one() -> None:
    records = EarlierRecords()
    ages = [second - records.update([busy(second)])[1].read_ns // SECOND for second in range(12)]
    assert ages == [0, 1, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5]


def test_socket_that_had_nothing_to_send_in_between_begins_anew() -> None:
    records = EarlierRecords()
    records.update([busy(0)])
    assert records.update([busy(4, send_q=0)]) == {}
    assert records.update([busy(8)])[1].read_ns == 8 * SECOND
