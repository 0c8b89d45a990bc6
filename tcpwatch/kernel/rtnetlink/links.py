"""The links of a network namespace, and each change of them as the kernel reports it (RTMGRP_LINK), for any user.

The socket shows the namespace in which it was opened, and needs no privilege. Where reports were lost, all links are
read anew, so no change is missed but one that was undone meanwhile.
"""

import errno
import os
import socket
import struct
import sys
from collections.abc import Callable
from types import MappingProxyType
from typing import Protocol

from tcpwatch.errors import SourceError
from tcpwatch.kernel.rtnetlink.messages import (
    NLM_F_DUMP,
    NLMSG_DONE,
    NLMSG_ERROR,
    attribute,
    attributes,
    messages,
    request,
)
from tcpwatch.sockets.host import Link, LinkChange
from tcpwatch.text.clean import clean

RTMGRP_LINK = 1
RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
IFLA_IFNAME, IFLA_MTU, IFLA_EXT_MASK = 3, 4, 29
RTEXT_FILTER_SKIP_STATS = 8
IFF_UP, IFF_LOOPBACK, IFF_LOWER_UP = 0x1, 0x8, 0x10000
IFINFOMSG = struct.Struct("=BxHiII")  # family, type of device, index, flags, changed flags

BUFFER_BYTES = 1 << 16
DUMP_TIMEOUT_S = 2
MOST_READS = 1_000  # of one look, so that a storm of reports cannot hold the caller


class RouteSocket(Protocol):
    """The part of `socket.socket` that is needed here."""

    def send(self, data: bytes, /) -> int:
        """Send one request."""

    def recv(self, size: int, /) -> bytes:
        """One datagram."""

    def settimeout(self, seconds: float | None, /) -> None:
        """How long `recv` waits; 0 is not at all."""

    def close(self) -> None:
        """Close the descriptor."""


class Links:
    """The links now, and what changed since the last look. One thread uses it."""

    def __init__(self, connect: Callable[[], RouteSocket] | None = None) -> None:
        """Subscribe, then read all links. Raises SourceError."""
        try:
            self._netlink = (connect or _subscribe)()
            self._sequence = 0
            self.now: MappingProxyType[int, Link] = MappingProxyType({})
            self._read_all()
        except OSError as error:
            raise SourceError(f"The kernel does not tell of network interfaces ({error.strerror}).") from error

    def read(self) -> list[LinkChange]:
        """What changed since the last call, oldest first; `now` is what came of it."""
        changes: list[LinkChange] = []
        for _ in range(MOST_READS):
            try:
                datagram = self._netlink.recv(BUFFER_BYTES)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    break
                changes += self._read_all()
            else:
                changes += self._take(datagram)
        return changes

    def close(self) -> None:
        """Close the socket."""
        self._netlink.close()

    def _take(self, datagram: bytes) -> list[LinkChange]:
        links = dict(self.now)
        changes = [LinkChange(*pair) for kind, _, body in messages(datagram) if (pair := _apply(kind, body, links))]
        if changes:
            self.now = MappingProxyType(links)
        return changes

    def _read_all(self) -> list[LinkChange]:
        """Ask for all links; reports that come in between are taken too."""
        self._sequence += 1
        mask = attribute(IFLA_EXT_MASK, struct.pack("=I", RTEXT_FILTER_SKIP_STATS))
        self._netlink.send(request(RTM_GETLINK, NLM_F_DUMP, self._sequence, bytes(IFINFOMSG.size) + mask))
        self._netlink.settimeout(DUMP_TIMEOUT_S)
        links: dict[int, Link] = {}
        try:
            while not self._is_whole(self._netlink.recv(BUFFER_BYTES), links):
                pass
        finally:
            self._netlink.settimeout(0)
        before, self.now = self.now, MappingProxyType(links)
        return [
            LinkChange(before.get(index), links.get(index))
            for index in sorted(before.keys() | links.keys())
            if before.get(index) != links.get(index)
        ]

    def _is_whole(self, datagram: bytes, links: dict[int, Link]) -> bool:
        for kind, sequence, body in messages(datagram):
            if kind in (NLMSG_DONE, NLMSG_ERROR) and sequence == self._sequence:
                return True
            _apply(kind, body, links)
        return False


def _apply(kind: int, body: bytes, links: dict[int, Link]) -> tuple[Link | None, Link | None] | None:
    """Bring a report into `links`: the link before and after; None if it changed nothing."""
    if kind not in (RTM_NEWLINK, RTM_DELLINK) or len(body) < IFINFOMSG.size:
        return None
    family, _, index, flags, _ = IFINFOMSG.unpack_from(body)
    if family != socket.AF_UNSPEC:  # a bridge tells of its ports: one that leaves the bridge is no link that is gone
        return None
    before = links.get(index)
    if kind == RTM_DELLINK:
        return (links.pop(index), None) if before is not None else None
    values = attributes(body, IFINFOMSG.size)
    name = values.get(IFLA_IFNAME, b"").rstrip(b"\0").decode("utf-8", "replace")
    mtu = int.from_bytes(values[IFLA_MTU], sys.byteorder) if len(values.get(IFLA_MTU, b"")) == 4 else None
    after = Link(
        index=index,
        name=clean(name) or (before.name if before else f"if{index}"),
        up=bool(flags & IFF_UP),
        carrier=bool(flags & IFF_LOWER_UP),
        loopback=bool(flags & IFF_LOOPBACK),
        mtu=mtu if mtu is not None else before.mtu if before else None,
    )
    links[index] = after
    return (before, after) if before != after else None


def _subscribe() -> RouteSocket:
    if not hasattr(socket, "AF_NETLINK"):
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    try:
        netlink.bind((0, RTMGRP_LINK))
    except OSError:
        netlink.close()
        raise
    return netlink
