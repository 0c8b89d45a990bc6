"""The route that the kernel would take to an address (`ip route get`), for any user."""

import errno
import os
import socket
import struct
import sys
from collections.abc import Mapping
from ipaddress import ip_address
from threading import Lock

from tcpwatch.errors import SourceError
from tcpwatch.kernel.rtnetlink.messages import NLMSG_ERROR, attribute, attributes, error_of, messages, request
from tcpwatch.sockets.host import Link, Route
from tcpwatch.wire.segment import IPV4_ENDS

RTM_NEWROUTE, RTM_GETROUTE = 24, 26
RTA_DST, RTA_SRC, RTA_OIF, RTA_GATEWAY, RTA_PREFSRC, RTA_METRICS, RTA_CACHEINFO, RTA_VIA = 1, 2, 4, 5, 7, 8, 12, 18
RTAX_MTU = 2
EXPIRES = slice(8, 12)  # in struct rta_cacheinfo: until an exception is forgotten, such as a path's MTU
RTMSG = struct.Struct("=BBBBBBBBI")  # family, destination and source length, …, type, flags
KINDS = {1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast"}
KINDS |= {6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"}
REFUSED = {errno.EINVAL: "blackhole", errno.EHOSTUNREACH: "unreachable", errno.EACCES: "prohibit"}  # fib_props
TIMEOUT_S, LONGEST = 0.2, 1 << 15


class Routes:
    """Asks for one route after the other; any thread may."""

    def __init__(self) -> None:
        """Open the socket in the calling thread's network namespace. Raises SourceError."""
        try:
            self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        except (OSError, AttributeError) as error:
            raise SourceError(f"The kernel tells no routes ({error}).") from error
        self._netlink.settimeout(TIMEOUT_S)
        self._sequence = 0
        self._lock = Lock()

    def route(self, ends: bytes, links: Mapping[int, Link], bound_to: int = 0) -> Route:
        """The route of what the first of these ends sends to the second, by the interface `bound_to` unless it is 0."""
        with self._lock:
            try:
                return self._ask(_question(ends, bound_to), links)
            except OSError as error:
                return Route(error=error.strerror or str(error))

    def _ask(self, question: bytes, links: Mapping[int, Link]) -> Route:
        self._sequence += 1
        self._netlink.send(request(RTM_GETROUTE, 0, self._sequence, question))
        while True:
            for kind, sequence, body in messages(self._netlink.recv(LONGEST)):
                if sequence == self._sequence:
                    return decode_route(kind, body, links)

    def close(self) -> None:
        """Close the socket."""
        self._netlink.close()


def _question(ends: bytes, bound_to: int) -> bytes:
    size = 4 if len(ends) == IPV4_ENDS else 16
    source, destination = ends[:size], ends[size : 2 * size]
    family = socket.AF_INET if size == 4 else socket.AF_INET6
    parts = [attribute(RTA_DST, destination), attribute(RTA_SRC, source)]
    if bound_to:
        parts.append(attribute(RTA_OIF, struct.pack("=i", bound_to)))
    return RTMSG.pack(family, size * 8, size * 8, 0, 0, 0, 0, 0, 0) + b"".join(parts)


def decode_route(kind: int, body: bytes, links: Mapping[int, Link]) -> Route:
    """The route in an answer."""
    if kind == NLMSG_ERROR:
        number = error_of(body)
        return Route(kind=REFUSED.get(number), error=os.strerror(number))
    if kind != RTM_NEWROUTE or len(body) < RTMSG.size:
        return Route(error="an answer that is no route")
    values = attributes(body, RTMSG.size)
    metrics = attributes(values.get(RTA_METRICS, b""))
    via = values.get(RTA_VIA, b"")[2:]  # behind an address family: of the other IP version
    return Route(
        kind=KINDS.get(RTMSG.unpack_from(body)[7]),
        link=links.get(_number(values.get(RTA_OIF, b""))),
        gateway=_address(values.get(RTA_GATEWAY, via)),
        source=_address(values.get(RTA_PREFSRC, b"")),
        mtu=_number(metrics.get(RTAX_MTU, b"")) or None,
        learned=RTAX_MTU in metrics and _number(values.get(RTA_CACHEINFO, b"")[EXPIRES]) > 0,
    )


def _number(value: bytes) -> int:
    return int.from_bytes(value, sys.byteorder)


def _address(value: bytes) -> str | None:
    return str(ip_address(value)) if len(value) in (4, 16) else None
