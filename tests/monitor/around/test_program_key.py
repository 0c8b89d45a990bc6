"""Which program a connection belongs to."""

from tcpwatch.monitor.around.program_key import program_of
from tcpwatch.sockets.row import NoOwner
from tests.builders import connection, owner


def test_first_of_its_holders_or_why_there_is_none() -> None:
    assert program_of(connection(owners=(owner(pid=7), owner(pid=8)))) == 7
    assert program_of(connection(owners=(), no_owner=NoOwner.KERNEL)) is NoOwner.KERNEL
