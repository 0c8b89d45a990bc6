"""The socket table of this machine, from the best source that it and the user allow."""

from typing import Protocol

from tcpwatch.errors import SourceError
from tcpwatch.kernel.portable import PortableSockets
from tcpwatch.kernel.proc_net import ProcNet
from tcpwatch.kernel.sock_diag import SockDiag
from tcpwatch.tcp.sockets import SocketRow


class SocketSource(Protocol):
    """A table of sockets that can be read again and again."""

    name: str
    says: str  # what it gives, and why a better one does not: for the screen

    def dump(self) -> list[SocketRow]:
        """Every TCP socket, as it is now. Raises SourceError where that cannot be read."""

    def close(self) -> None:
        """Give back what is held open."""


def open_socket_source(portable: bool = False) -> SocketSource:
    """Netlink; else /proc/net/tcp, saying why; else psutil, or psutil at once where `portable` is asked for."""
    if portable:
        return PortableSockets()
    try:
        return _tried(SockDiag())
    except SourceError as refusal:
        try:
            return _tried(ProcNet(why=str(refusal)))
        except SourceError:
            return PortableSockets()


def _tried(source: SocketSource) -> SocketSource:
    """The same source, once it has given a table."""
    try:
        source.dump()
    except SourceError:
        source.close()
        raise
    return source
