"""SOCK_DESTROY: aborts a connection, as `ss -K` does (include/uapi/linux/sock_diag.h).

The program gets ECONNABORTED and the peer an RST; a listener stops listening. The request contains the cookie, so it
destroys exactly this socket or none. Each request needs CAP_NET_ADMIN over the network namespace.
"""

import errno
import os
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from struct import Struct
from typing import Protocol, Self

from tcpwatch.errors import TcpwatchError
from tcpwatch.kernel.sock_diag.client import BUFFER_BYTES, NETLINK_SOCK_DIAG
from tcpwatch.kernel.sock_diag.inet_diag import HEADER, NLM_F_REQUEST, NLMSG_ERROR
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import IPV4_ENDS

SOCK_DESTROY = 21
NLM_F_ACK = 0x4

# struct inet_diag_req_v2: family, protocol, states, ports, local, remote, interface, cookie
_DESTROY_REQUEST = Struct("=BB2xI4s16s16sIQ")
_ANY_STATE = 0xFFFF_FFFF
_ACKNOWLEDGMENT = Struct("=4xH10xi")  # type, negative errno
_ANSWER_TIMEOUT = struct.pack("@ll", 2, 0)  # struct timeval: the kernel answers at once or never

REFUSALS = {
    errno.ENOENT: "it has gone already",
    errno.EPERM: "that needs CAP_NET_ADMIN in its network namespace",
    errno.EOPNOTSUPP: "this kernel destroys no sockets (CONFIG_INET_DIAG_DESTROY), or none in this state",
    errno.EAGAIN: "the kernel does not answer",
}
SHARED = "it has gone already, or another socket listens at the same address (SO_REUSEPORT) and stands before it"


class DestroyError(TcpwatchError):
    """A socket was not destroyed; the message says why."""


class RequestSocket(Protocol):
    """The part of `socket.socket` that a request needs."""

    def send(self, request: bytes, /) -> int:
        """Send one request."""

    def recv(self, size: int, /) -> bytes:
        """The answer."""

    def close(self) -> None:
        """Close the descriptor."""


class NamespaceCaller(Protocol):
    """Calls functions in another network namespace."""

    @property
    def netns(self) -> Namespace:
        """The namespace."""

    def call(self, function: Callable[[], RequestSocket], /) -> RequestSocket:
        """Call the function there and return its result."""


class Destroyer:
    """Destroys sockets of its own namespace and of the namespaces in `elsewhere`."""

    def __init__(self, here: RequestSocket, elsewhere: Mapping[int, RequestSocket]) -> None:
        """`elsewhere`: a netlink socket for each other namespace, by inode."""
        self._here = here
        self._elsewhere = elsewhere

    @classmethod
    def open(cls, elsewhere: Sequence[NamespaceCaller] = ()) -> Self:
        """Open the netlink sockets, which needs no privilege; OSError if there is no netlink."""
        return cls(_connect(), {other.netns.inode: other.call(_connect) for other in elsewhere})

    def destroy(self, row: SocketRow) -> None:
        """Destroy this connection or listener. Raises DestroyError if the kernel refuses."""
        if row.cookie < 0:
            raise DestroyError("this source of sockets does not tell one from another that takes its place")
        number = _send_and_wait(self._client(row.netns), request(row))
        if number:
            raise DestroyError(refusal(number, row.state))

    def close(self) -> None:
        """Close all netlink sockets."""
        for client in (self._here, *self._elsewhere.values()):
            client.close()

    def _client(self, netns: Namespace | None) -> RequestSocket:
        return self._elsewhere.get(netns.inode, self._here) if netns else self._here


def request(row: SocketRow) -> bytes:
    """The request that destroys this socket."""
    addresses, ports = row.ends[:-4], row.ends[-4:]
    middle = len(addresses) // 2
    family = socket.AF_INET if len(row.ends) == IPV4_ENDS else socket.AF_INET6
    body = _DESTROY_REQUEST.pack(
        *(family, socket.IPPROTO_TCP, _ANY_STATE, ports),
        *(addresses[:middle], addresses[middle:], row.interface, row.cookie),
    )
    return HEADER.pack(HEADER.size + len(body), SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK, 1, 0) + body


def refusal(number: int, state: State) -> str:
    """A sentence for the kernel's errno."""
    if number == errno.ENOENT and state is State.LISTEN:
        return SHARED
    return REFUSALS.get(number, os.strerror(number))


def is_supported(client: Callable[[], RequestSocket] | None = None) -> bool:
    """Whether this kernel supports SOCK_DESTROY: tries it on a socket that does not exist, which needs no privilege."""
    try:
        client_socket = (client or _connect)()
    except OSError:
        return False
    no_socket = SocketRow(1, bytes(IPV4_ENDS), False, State.ESTABLISHED, None, 0, None, None)
    try:
        return _send_and_wait(client_socket, request(no_socket)) == errno.ENOENT
    finally:
        client_socket.close()


def _send_and_wait(client: RequestSocket, message: bytes) -> int:
    """Send the request; returns the errno of the answer, 0 for success."""
    try:
        client.send(message)
        kind, number = _ACKNOWLEDGMENT.unpack_from(client.recv(BUFFER_BYTES))
    except OSError as error:
        return error.errno or errno.EIO
    return -number if kind == NLMSG_ERROR else errno.EBADMSG


def _connect() -> RequestSocket:
    client = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _ANSWER_TIMEOUT)
    return client
