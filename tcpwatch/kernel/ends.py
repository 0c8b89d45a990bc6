"""A socket's two ends as bytes, the same for every source, so that sockets and segments join by equality."""

_V4_MAPPED = bytes(10) + b"\xff\xff"
_V4_MAPPED_SIZE = len(_V4_MAPPED)


def socket_ends(local: bytes, remote: bytes, ports: bytes) -> tuple[bytes, bool]:
    """`ends` of a `SocketRow` and whether they are IPv4 on an IPv6 socket.

    Addresses are 4 or 16 bytes in network order, `ports` both ports. A listener's remote address is unspecified, so it
    is the local one that tells ::ffff:a.b.c.d (RFC 4291 §2.5.5.2) from IPv6.
    """
    if local.startswith(_V4_MAPPED):
        return local[_V4_MAPPED_SIZE:] + remote[_V4_MAPPED_SIZE:] + ports, True
    return local + remote + ports, False


def ends_cookie(ends: bytes, distinct: int = 0) -> int:
    """An identity for a socket whose source knows no cookie: negative, equal as long as its ends are.

    `distinct` parts sockets that may share their ends: listeners with SO_REUSEPORT.
    """
    family = len(ends).to_bytes()  # 0.0.0.0 and :: are not the same address
    return -1 - int.from_bytes(family + distinct.to_bytes(8) + ends)
