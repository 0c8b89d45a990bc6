"""The lines of /proc/net/nf_conntrack. Pure.

ipv4     2 tcp      6 431999 ESTABLISHED src=… dst=… sport=… dport=… src=… dst=… sport=… dport=… [ASSURED] mark=0 …
"""

from ipaddress import ip_address

from tcpwatch.sockets.host import TrackedConnection
from tcpwatch.text.clean import clean
from tcpwatch.wire.segment import reversed_ends

ADDRESSES, PORTS = ("src", "dst"), ("sport", "dport")


def find_listed(text: str, ends: bytes) -> TrackedConnection | None:
    """The entry of which either direction has these ends, or these ends reversed."""
    wanted = (ends, reversed_ends(ends))
    first, second = (f"port={int.from_bytes(port)} " for port in (ends[-4:-2], ends[-2:]))
    for line in text.splitlines():
        entry = read_listed(line) if first in line and second in line else None
        if entry is not None and (entry.ends in wanted or entry.reply_ends in wanted):
            return entry
    return None


def read_listed(line: str) -> TrackedConnection | None:
    """The entry in a line; None if it is not TCP's, or cut short."""
    words = line.split()
    pairs = [word.split("=", 1) for word in words if "=" in word]
    addresses = [value for name, value in pairs if name in ADDRESSES]
    ports = [value for name, value in pairs if name in PORTS]
    if words[2:3] != ["tcp"] or len(addresses) != 4 or len(ports) != 4 or not all(map(str.isdecimal, ports)):
        return None
    try:
        ends, reply_ends = (
            b"".join(ip_address(address).packed for address in addresses[at : at + 2])
            + b"".join(int(port).to_bytes(2) for port in ports[at : at + 2])
            for at in (0, 2)
        )
    except (ValueError, OverflowError):
        return None
    return TrackedConnection(
        state=clean(words[5]),
        expires_s=int(words[4]) if words[4].isdecimal() else None,
        replied="[UNREPLIED]" not in words,
        assured="[ASSURED]" in words,
        ends=ends,
        reply_ends=reply_ends,
    )
