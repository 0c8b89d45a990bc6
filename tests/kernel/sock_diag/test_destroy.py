"""Requests and answers byte by byte; then real sockets, in a namespace of their own."""

import errno
import os
import struct
import subprocess
import sys

import pytest

from tcpwatch.kernel.sock_diag import destroy
from tcpwatch.kernel.sock_diag.destroy import SHARED, Destroyer, DestroyError, is_supported
from tcpwatch.kernel.sock_diag.inet_diag import HEADER, NLMSG_DONE, NLMSG_ERROR
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tests.builders import CLIENT, SERVER, ends, row
from tests.kernel.held_namespaces import needs_namespaces

HERE, BLUE = Namespace(1, here=True), Namespace(2, "blue")


class Kernel:
    """A netlink socket that answers each request with an errno."""

    def __init__(self, number: int = 0, kind: int = NLMSG_ERROR) -> None:
        self.answer = HEADER.pack(36, kind, 0, 1, 0) + struct.pack("=i", -number) + bytes(16)
        self.asked: list[bytes] = []
        self.closed = False

    def send(self, request: bytes) -> int:
        self.asked.append(request)
        return len(request)

    def recv(self, size: int) -> bytes:
        return self.answer

    def close(self) -> None:
        self.closed = True


def refused(number: int, one: SocketRow | None = None, kind: int = NLMSG_ERROR) -> str:
    with pytest.raises(DestroyError) as failure:
        Destroyer(Kernel(number, kind), {}).destroy(one or row())
    return str(failure.value)


def test_request_names_the_very_socket() -> None:
    message = destroy.request(row(cookie=0x1122_3344_5566_7788, interface=3))
    assert HEADER.unpack_from(message) == (len(message), 21, 0x5, 1, 0)
    family, protocol, states, ports, local, remote, interface, cookie = struct.unpack_from(
        "=BB2xI4s16s16sIQ", message, HEADER.size
    )
    assert (family, protocol, states) == (2, 6, 0xFFFF_FFFF)
    assert ports + local[:4] + remote[:4] == ends(SERVER, CLIENT)[-4:] + ends(SERVER, CLIENT)[:-4]
    assert (interface, cookie) == (3, 0x1122_3344_5566_7788)


def test_request_for_ipv6_has_whole_addresses() -> None:
    both = ends(("::1", 443), ("fe80::7", 50_000))
    message = destroy.request(row(ends=both))
    assert message[HEADER.size] == 10
    assert message[HEADER.size + 12 : HEADER.size + 44] == both[:32]


def test_socket_is_ended_where_it_lives() -> None:
    here, there = Kernel(), Kernel()
    destroyer = Destroyer(here, {BLUE.inode: there})
    for netns in (None, HERE, BLUE):
        destroyer.destroy(row(netns=netns))
    assert (len(here.asked), len(there.asked)) == (2, 1)
    destroyer.close()
    assert here.closed
    assert there.closed


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "it has gone already"),
        (errno.EPERM, "CAP_NET_ADMIN"),
        (errno.EOPNOTSUPP, "CONFIG_INET_DIAG_DESTROY"),
        (errno.EINVAL, "Invalid argument"),
    ],
)
def test_refusal_has_a_sentence(number: int, words: str) -> None:
    assert words in refused(number)


def test_refusal_of_a_listener_that_is_not_found_names_the_other_cause() -> None:
    assert refused(errno.ENOENT, row(state=State.LISTEN)) == SHARED


def test_socket_without_a_cookie_is_not_ended() -> None:
    kernel = Kernel()
    with pytest.raises(DestroyError, match="does not tell one from another"):
        Destroyer(kernel, {}).destroy(row(cookie=-5))
    assert kernel.asked == []


def test_missing_answer_is_no_success() -> None:
    assert refused(0, kind=NLMSG_DONE) == os.strerror(errno.EBADMSG)


def test_answer_that_does_not_come_is_no_success() -> None:
    silent = Kernel()
    silent.recv = lambda size: (_ for _ in ()).throw(BlockingIOError(errno.EAGAIN, "again"))  # type: ignore[method-assign]
    with pytest.raises(DestroyError, match="does not answer"):
        Destroyer(silent, {}).destroy(row())


@pytest.mark.parametrize(("number", "supported"), [(errno.ENOENT, True), (errno.EOPNOTSUPP, False)])
def test_support_is_asked_of_a_socket_that_is_not_there(number: int, supported: bool) -> None:
    kernel = Kernel(number)
    assert is_supported(lambda: kernel) is supported
    assert kernel.closed


def test_support_without_netlink_is_none() -> None:
    def refuse() -> Kernel:
        raise OSError(errno.EAFNOSUPPORT, "none")

    assert not is_supported(refuse)


REAL = """
import socket, sys
from dataclasses import replace
from tcpwatch.kernel.sock_diag.destroy import Destroyer, DestroyError
from tcpwatch.kernel.sock_diag.client import SockDiag
listening = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listening.getsockname())
server, _ = listening.accept()
ended, _ = socket.create_connection(listening.getsockname()), listening.accept()[0].close()
ended.recv(1), ended.close()
destroyer = Destroyer.open()
for row in SockDiag().dump():
    if row.remote.port == client.getsockname()[1] or row.state in ("LISTEN", "TIME-WAIT"):
        told = []
        for one in (replace(row, cookie=row.cookie + 1), row, row):
            try:
                told.append(destroyer.destroy(one))
            except DestroyError as error:
                told.append(str(error))
        print(row.state, *told, sep="|")
for end in (server, client):
    end.settimeout(5)
    try:
        print(end.recv(1))
    except OSError as error:
        print(error.errno)
"""


def outcome(*prefix: str) -> list[str]:
    command = [
        "unshare",
        "--net",
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "sh",
        *prefix,
        sys.executable,
        "-c",
        REAL,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return sorted(done.stdout.splitlines())


@pytest.mark.e2e
@needs_namespaces
@pytest.mark.skipif(not is_supported(), reason="this kernel destroys no sockets")
def test_real_sockets_are_ended_by_their_own_cookie_alone() -> None:
    gone = "it has gone already"
    assert outcome() == [
        str(errno.ECONNABORTED),
        str(errno.ECONNRESET),
        f"ESTABLISHED|{gone}|None|{gone}",
        f"LISTEN|{SHARED}|None|{SHARED}",
        f"TIME-WAIT|{gone}|None|{gone}",
    ]


@pytest.mark.e2e
@needs_namespaces
@pytest.mark.skipif(not is_supported(), reason="this kernel destroys no sockets")
def test_real_sockets_of_others_need_the_capability() -> None:
    lines = outcome("timeout", "3", "setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")
    assert [line.count("CAP_NET_ADMIN") for line in lines if "|" in line] == [2, 2, 2]
