import pytest

from tcpwatch.sockets.counters import SYN_BACKLOG, SYNCOOKIES, Rise, Stack, half_open_limit
from tcpwatch.sockets.row import Backlog


def test_last_minute_of_a_counter_that_is_not_read_is_nothing() -> None:
    stack = Stack(counters={"ListenDrops": Rise(in_all=40, last_minute=12)})
    assert (stack.last_minute("ListenDrops"), stack.last_minute("ListenOverflows")) == (12, 0)


@pytest.mark.parametrize(
    ("sysctls", "limit"),
    [
        ({}, 100),
        ({SYNCOOKIES: 1, SYN_BACKLOG: 8}, 100),
        ({SYNCOOKIES: 0, SYN_BACKLOG: 8}, 6),
        ({SYNCOOKIES: 0, SYN_BACKLOG: 2048}, 100),
        ({SYNCOOKIES: 0}, 100),
    ],
)
def test_half_open_limit(sysctls: dict[str, int], limit: int) -> None:
    """Without SYN cookies the last quarter of tcp_max_syn_backlog is not for strangers."""
    assert half_open_limit(Backlog(0, 100), Stack(sysctls=sysctls)) == limit
