import pytest

from tcpwatch.wire.segment import Endpoint, ZonedEndpoint, endpoints, flag_names, is_loopback, reversed_ends
from tests.builders import CLIENT, SERVER, ends, segment


def test_reversed_ends_swap_addresses_and_ports() -> None:
    assert reversed_ends(ends(CLIENT, SERVER)) == ends(SERVER, CLIENT)


def test_reversed_ends_of_ipv6_swap_addresses_and_ports() -> None:
    here, there = ("::1", 443), ("fe80::7", 50_000)
    assert reversed_ends(ends(here, there)) == ends(there, here)


def test_endpoints_come_in_the_order_of_the_bytes() -> None:
    assert endpoints(ends(("::1", 1), ("fe80::7", 2))) == (Endpoint("::1", 1), Endpoint("fe80::7", 2))


def test_segment_names_its_source_and_destination() -> None:
    assert (str(segment().source), str(segment().destination)) == ("127.0.0.1:53412", "127.0.0.1:9999")


def test_endpoint_of_ipv6_is_bracketed() -> None:
    assert str(Endpoint("::1", 443)) == "[::1]:443"


def test_flag_names_follow_the_bits() -> None:
    assert (flag_names(0), flag_names(0x12), flag_names(0x1FF)) == (
        "",
        "SYN,ACK",
        "FIN,SYN,RST,PSH,ACK,URG,ECE,CWR,AE",
    )


@pytest.mark.parametrize(
    ("address", "is_one"), [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("10.0.0.1", False), ("::", False)]
)
def test_is_loopback_checks_the_first_end(address: str, is_one: bool) -> None:
    assert is_loopback(ends((address, 9999), ("::2" if ":" in address else "10.0.0.2", 50_000))) is is_one


def test_endpoint_with_a_zone_is_as_in_ss() -> None:
    assert str(ZonedEndpoint.of(Endpoint("fe80::1", 443), "eth0")) == "[fe80::1]%eth0:443"
    assert str(ZonedEndpoint.of(Endpoint("0.0.0.0", 443), "eth0")) == "0.0.0.0%eth0:443"
    assert ZonedEndpoint.of(Endpoint("fe80::1", 443), "eth0").host == "fe80::1%eth0"
    assert ZonedEndpoint.of(Endpoint("fe80::1", 443), "eth0") == Endpoint("fe80::1", 443)
