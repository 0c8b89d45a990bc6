"""The two ends of a socket as bytes, in one form for all sources: sockets and segments match if the bytes are equal."""

_V4_MAPPED = bytes(10) + b"\xff\xff"
_V4_MAPPED_SIZE = len(_V4_MAPPED)


def socket_ends(local: bytes, remote: bytes, ports: bytes) -> tuple[bytes, bool]:
    """`ends` for a `SocketRow`, and whether they are IPv4 addresses on an IPv6 socket.

    Addresses are 4 or 16 bytes in network order; `ports` is both ports. Only the local address is checked for
    ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), because the remote address of a listener is unspecified.
    """
    if local.startswith(_V4_MAPPED):
        return local[_V4_MAPPED_SIZE:] + remote[_V4_MAPPED_SIZE:] + ports, True
    return local + remote + ports, False


def ends_cookie(ends: bytes, distinct: int = 0) -> int:
    """A substitute cookie for sources without cookies: negative, and the same for the same ends.

    `distinct` separates sockets that can have the same ends: listeners with SO_REUSEPORT.
    """
    family = len(ends).to_bytes()  # 0.0.0.0 and :: are not the same address
    return -1 - int.from_bytes(family + distinct.to_bytes(8) + ends)
