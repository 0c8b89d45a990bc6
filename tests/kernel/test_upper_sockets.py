"""TCP sockets below MPTCP sockets, made up and real."""

import os
import socket
import sys
import time
from dataclasses import replace

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.proc.owners import answer_without_holder
from tcpwatch.kernel.source import open_kernel
from tcpwatch.kernel.upper_sockets import WithUpperSockets
from tcpwatch.sockets.extras import Extensions
from tcpwatch.sockets.row import NoOwner, SocketRow, UpperSocket
from tcpwatch.tcp.state import State
from tests.builders import CLIENT, SERVER, Told, ends, row
from tests.kernel.real_sockets import IPPROTO_MPTCP

SUBFLOW, PLAIN = row(cookie=1, inode=7), row(cookie=2, inode=8, ends=ends(CLIENT, SERVER))


class Table:
    name, message = "bpf", "a table"

    def __init__(self, *rows: SocketRow, refuses: bool = False) -> None:
        self.rows, self.refuses, self.closed = list(rows), refuses, False

    def dump(self) -> list[SocketRow]:
        if self.refuses:
            raise SourceError("no MPTCP")
        return self.rows

    def close(self) -> None:
        self.closed = True


def above(state: State = State.CLOSE_WAIT, inode: int = 7, recv_q: int = 5_832) -> SocketRow:
    return row(cookie=9, state=state, inode=inode, recv_q=recv_q)


def test_state_and_queue_are_those_of_the_socket_above() -> None:
    joined, plain = WithUpperSockets(Table(SUBFLOW, PLAIN), Table(above())).dump()
    assert joined.upper == UpperSocket("MPTCP", State.CLOSE_WAIT, 5_832, 0)
    assert (joined.inode, joined.state) == (7, State.ESTABLISHED)
    assert plain is PLAIN


def test_row_that_has_not_changed_stays_the_same_object() -> None:
    table = WithUpperSockets(Table(SUBFLOW), mptcp := Table(above()))
    [before] = table.dump()
    assert table.dump()[0] is before
    mptcp.rows = [above(State.LAST_ACK)]
    assert table.dump()[0] is not before


@pytest.mark.parametrize(
    ("state", "why"), [(State.FIN_WAIT_2, NoOwner.KERNEL), (State.ESTABLISHED, NoOwner.NOT_ACCEPTED)]
)
def test_socket_above_without_a_program_leaves_none_below(state: State, why: NoOwner) -> None:
    [orphan] = WithUpperSockets(Table(SUBFLOW), Table(above(state, inode=0))).dump()
    assert orphan.inode == 0
    assert answer_without_holder(orphan, None) is why


def test_token_is_in_the_mptcp_info() -> None:
    info = bytes(12) + (0xAFFE).to_bytes(4, sys.byteorder) + bytes(60)
    [joined] = WithUpperSockets(Table(SUBFLOW), Table(replace(above(), info_bytes=info))).dump()
    assert joined.upper is not None
    assert joined.upper.token == 0xAFFE


def joined_later(port: int = SERVER[1], ulp: str | None = "mptcp") -> SocketRow:
    return row(cookie=3, inode=77, ends=ends(("10.0.0.9", 5), ("10.0.0.8", port)), attributes=Told(Extensions(ulp=ulp)))


@pytest.mark.parametrize(
    ("later", "found"), [(joined_later(), True), (joined_later(ulp=None), False), (joined_later(port=1), False)]
)
def test_socket_that_joined_a_closed_one_has_no_program(later: SocketRow, found: bool) -> None:
    gone = replace(above(State.FIN_WAIT_2, inode=0), ends=ends(CLIENT, SERVER))
    [dumped] = WithUpperSockets(Table(later), Table(gone)).dump()
    assert (dumped.upper is not None) == found
    if found:
        assert answer_without_holder(dumped, None) is NoOwner.KERNEL


def test_socket_that_joined_one_of_several_states_is_left_as_it_is() -> None:
    gone = [replace(above(state, inode=0), ends=ends(CLIENT, SERVER)) for state in (State.FIN_WAIT_2, State.LAST_ACK)]
    assert WithUpperSockets(Table(joined_later()), Table(*gone)).dump() == [joined_later()]


def test_kernel_without_mptcp_is_asked_once() -> None:
    table = WithUpperSockets(tcp := Table(SUBFLOW), mptcp := Table(refuses=True))
    assert table.dump() == [SUBFLOW]
    assert mptcp.closed
    assert (table.name, table.message) == ("bpf", "a table")
    table.close()
    assert tcp.closed


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
@pytest.mark.parametrize("bpf", [True, False])
def test_mptcp_socket_whose_peer_has_closed_is_its_programs(bpf: bool) -> None:
    try:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    except OSError:
        pytest.skip("this kernel has no MPTCP")
    with listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(4)
        port = listening.getsockname()[1]
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
        client.connect(("127.0.0.1", port))
        served, _ = listening.accept()
        with served:
            client.send(b"unread")
            client.close()
            kernel = open_kernel(bpf=bpf)
            try:
                for _ in range(50):
                    rows = [one for one in kernel.sockets.dump() if one.local.port == port]
                    carrying = next(one for one in rows if one.state is State.ESTABLISHED)
                    if carrying.upper is not None and carrying.upper.state is State.CLOSE_WAIT:
                        break
                    time.sleep(0.1)
                assert carrying.upper is not None
                assert carrying.upper.state is State.CLOSE_WAIT
                assert carrying.upper.unread_memory
                owners = kernel.owners.resolve(rows)
                for one in rows:
                    held = owners[one.cookie]
                    assert not isinstance(held, NoOwner)
                    assert [owner.pid for owner in held] == [os.getpid()]
            finally:
                kernel.close()
