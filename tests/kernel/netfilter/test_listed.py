import pytest

from tcpwatch.kernel.netfilter.listed import find_listed, read_listed
from tcpwatch.sockets.host import TrackedConnection
from tcpwatch.wire.segment import reversed_ends
from tests.builders import ends

CLIENT, SERVER, OUTSIDE = ("10.0.0.2", 60564), ("192.0.2.9", 443), ("198.51.100.1", 1024)
PLAIN = (
    "ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.2 dst=192.0.2.9 sport=60564 dport=443 "
    "src=192.0.2.9 dst=10.0.0.2 sport=443 dport=60564 [ASSURED] mark=0 zone=0 use=2"
)
MASQUERADED = (
    "ipv4     2 tcp      6 118 SYN_SENT src=10.0.0.2 dst=192.0.2.9 sport=60564 dport=443 [UNREPLIED] "
    "src=192.0.2.9 dst=198.51.100.1 sport=443 dport=1024 mark=0 zone=0 use=2"
)
IPV6 = (
    "ipv6     10 tcp      6 431999 ESTABLISHED src=0000:0000:0000:0000:0000:0000:0000:0001 "
    "dst=0000:0000:0000:0000:0000:0000:0000:0001 sport=55132 dport=5001 "
    "src=0000:0000:0000:0000:0000:0000:0000:0001 dst=0000:0000:0000:0000:0000:0000:0000:0001 sport=5001 dport=55132 "
    "[ASSURED] mark=0 zone=0 use=2"
)
UDP = (
    "ipv4     2 udp      17 29 src=10.0.0.2 dst=192.0.2.9 sport=60564 dport=443 "
    "src=192.0.2.9 dst=10.0.0.2 sport=443 dport=60564 mark=0 use=2"
)


def test_entry_says_what_the_firewall_saw() -> None:
    there = ends(CLIENT, SERVER)
    assert read_listed(PLAIN) == TrackedConnection("ESTABLISHED", 431_999, True, True, there, reversed_ends(there))


def test_entry_of_a_translated_connection_has_other_ends_coming_back() -> None:
    entry = read_listed(MASQUERADED)
    assert entry is not None
    assert (entry.state, entry.replied, entry.assured, entry.translated) == ("SYN_SENT", False, False, True)
    assert entry.reply_ends == ends(SERVER, OUTSIDE)


@pytest.mark.parametrize("line", [UDP, PLAIN[:80], "", PLAIN.replace("sport=443", "sport=99999")])
def test_line_that_is_no_entry_of_tcp(line: str) -> None:
    assert read_listed(line) is None


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (CLIENT, SERVER, MASQUERADED),
        (SERVER, CLIENT, MASQUERADED),
        (SERVER, OUTSIDE, MASQUERADED),
        (OUTSIDE, SERVER, MASQUERADED),
        (("::1", 55132), ("::1", 5001), IPV6),
        (CLIENT, ("192.0.2.9", 444), None),
    ],
)
def test_entry_is_found_by_the_ends_of_either_side(
    first: tuple[str, int], second: tuple[str, int], found: str | None
) -> None:
    text = f"{UDP}\n{IPV6}\n{MASQUERADED}\n"
    assert find_listed(text, ends(first, second)) == (read_listed(found) if found else None)
