from dataclasses import replace

from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import Owner, SocketRow, Timer, TimerKind
from tcpwatch.tcp.state import State
from tests.builders import row

READ_NS = 5_000_000_000


def test_timer_counts_down() -> None:
    timer = Timer(TimerKind.TIME_WAIT, 60_000, 0, READ_NS)
    assert timer.left_ms(READ_NS) == 60_000
    assert timer.left_ms(READ_NS + 1_500_000_000) == 58_500


def test_timer_overdue() -> None:
    assert Timer(TimerKind.RETRANSMIT, 200, 1, READ_NS).left_ms(READ_NS + 10**9) == 0


def test_owner_in_words() -> None:
    assert str(Owner(42, 1, "java", 5)) == "java/42 fd 5"
    assert str(Owner(42, 1, "java", 5, gone=True)) == "was java/42"


def test_row_ends_as_text() -> None:
    ends = bytes([127, 0, 0, 1, 127, 0, 0, 2, 0, 80, 1, 0])
    row = SocketRow(1, ends, False, State.ESTABLISHED, 0, 1, 0, 0)
    assert (str(row.local), str(row.remote)) == ("127.0.0.1:80", "127.0.0.2:256")


def test_row_of_another_namespace_is_not_here() -> None:
    row = SocketRow(1, bytes(12), False, State.LISTEN, 0, 1, None, None)
    found = [replace(row, netns=netns).is_here for netns in (None, Namespace(1, here=True), Namespace(2))]
    assert found == [True, True, False]


def test_row_that_is_bound_to_an_interface_names_it_at_its_own_end() -> None:
    bound = row(interface=3, interface_name="eth0")
    assert (str(bound.local), str(bound.remote)) == ("127.0.0.1%eth0:9999", "127.0.0.1:53412")
    assert row(interface=3).local.zone == "if3"
    assert row().local.zone == ""
