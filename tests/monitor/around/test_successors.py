"""Which program has taken over from another of the same name."""

from tcpwatch.monitor.around.successors import Successors
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.row import Backlog, Owner
from tcpwatch.tcp.state import State
from tests.builders import connection, ends, owner, row

OLD, NEW = owner(pid=10, start_ticks=100, command="haproxy"), owner(pid=20, start_ticks=900, command="haproxy")


def listener(*holders: Owner, port: int = 80) -> Connection:
    ends_of = ends(("0.0.0.0", port), ("0.0.0.0", 0))
    return connection(row=row(cookie=1, state=State.LISTEN, backlog=Backlog(0, 128), ends=ends_of), owners=holders)


def served(port: int = 80) -> Connection:
    return connection(row=row(cookie=2, ends=ends(("10.0.0.1", port), ("10.0.0.2", 40_000))), owners=(OLD,))


def test_later_process_of_the_same_name_that_listens_is_the_successor() -> None:
    assert Successors([listener(NEW)]).of(OLD, [served()]) == NEW


def test_program_that_listens_itself_has_none() -> None:
    assert Successors([listener(OLD, NEW)]).of(OLD, [served()]) is None


def test_earlier_one_another_name_and_another_port_are_none() -> None:
    assert Successors([listener(NEW)]).of(owner(pid=30, start_ticks=950, command="haproxy"), [served()]) is None
    assert Successors([listener(owner(pid=20, start_ticks=900, command="nginx"))]).of(OLD, [served()]) is None
    assert Successors([listener(NEW)]).of(OLD, [served(port=8080)]) is None


def test_start_that_is_not_known_says_nothing() -> None:
    assert Successors([listener(NEW)]).of(owner(pid=10, start_ticks=0, command="haproxy"), [served()]) is None
