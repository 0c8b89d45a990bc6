"""Netlink messages as the kernel writes them, for tests to say only what differs."""

import struct
from collections.abc import Iterable
from ipaddress import ip_address

from tcpwatch.kernel.sock_diag import inet_diag

NLM_F_MULTI = 2
ESTABLISHED, SYN_RECV, TIME_WAIT, LISTEN, NEW_SYN_RECV, BOUND_INACTIVE = 1, 3, 6, 10, 12, 13
SHUTDOWN, MARK = 8, 15
MEMORY = struct.pack("=4Ii4I", *range(100, 109))
INFO_BYTES = 280


def record(
    state: int = ESTABLISHED,
    *,
    cookie: int = 7,
    local: str = "127.0.0.1",
    remote: str = "127.0.0.2",
    ports: tuple[int, int] = (9999, 50_000),
    timer: int = 0,
    expires: int = 0,
    retransmits: int = 0,
    rqueue: int = 0,
    wqueue: int = 0,
    uid: int = 1000,
    inode: int = 4242,
    interface: int = 0,
    attributes: Iterable[tuple[int, bytes]] = (),
    flags: int = NLM_F_MULTI,
) -> bytes:
    ends = [ip_address(local).packed, ip_address(remote).packed]
    family = 2 if len(ends[0]) == 4 else 10
    message = inet_diag.MESSAGE.pack(
        *(family, state, timer, retransmits, struct.pack("!HH", *ports)),
        *(end.ljust(16, b"\0") for end in ends),
        *(interface, cookie, expires, rqueue, wqueue, uid, inode),
    )
    body = message + b"".join(attribute(kind, value) for kind, value in attributes)
    return netlink(inet_diag.SOCK_DIAG_BY_FAMILY, body, flags)


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def info(*, ages: tuple[int, int, int, int] = (0, 0, 0, 0), snd_cwnd: int = 10) -> tuple[int, bytes]:
    """INET_DIAG_INFO with the four ages and one measurement."""
    value = bytearray(INFO_BYTES)
    struct.pack_into("=4I", value, 44, *ages)
    struct.pack_into("=I", value, 80, snd_cwnd)
    return inet_diag.INET_DIAG_INFO, bytes(value)


def done(result: int = 0, flags: int = NLM_F_MULTI) -> bytes:
    return netlink(inet_diag.NLMSG_DONE, struct.pack("=i", result), flags)


def error(number: int) -> bytes:
    return netlink(inet_diag.NLMSG_ERROR, struct.pack("=i", -number) + bytes(16), 0)


def netlink(kind: int, body: bytes, flags: int) -> bytes:
    return inet_diag.HEADER.pack(inet_diag.HEADER.size + len(body), kind, flags, 1, 0) + body
