from ipaddress import ip_address

from tcpwatch.kernel.ends import ends_cookie, socket_ends

PORTS = bytes([0, 80, 1, 0])


def packed(local: str, remote: str) -> tuple[bytes, bytes]:
    return ip_address(local).packed, ip_address(remote).packed


def test_ends_ipv4() -> None:
    assert socket_ends(*packed("10.0.0.1", "10.0.0.2"), PORTS) == (bytes([10, 0, 0, 1, 10, 0, 0, 2]) + PORTS, False)


def test_ends_ipv6() -> None:
    ends, mapped = socket_ends(*packed("::1", "::2"), PORTS)
    assert (len(ends), mapped) == (36, False)


def test_ends_mapped_listener() -> None:
    assert socket_ends(*packed("::ffff:10.0.0.1", "::"), PORTS) == (bytes([10, 0, 0, 1, 0, 0, 0, 0]) + PORTS, True)


def test_cookie_of_unspecified_addresses_differs_by_family() -> None:
    assert ends_cookie(bytes(8) + PORTS) != ends_cookie(bytes(32) + PORTS)


def test_cookie_of_ends() -> None:
    first, second = bytes(12), bytes(11) + b"\x01"
    cookies = {ends_cookie(first), ends_cookie(second), ends_cookie(first, distinct=9), ends_cookie(second, distinct=9)}
    assert len(cookies) == 4
    assert max(cookies) < 0
    assert ends_cookie(bytes(first)) == ends_cookie(bytes(12))
