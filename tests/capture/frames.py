"""Frames made by hand, and a device to put bare datagrams on."""

import fcntl
import os
import struct

PORT = 9999
MAC_ADDRESSES = bytes.fromhex("020000000001 020000000002")
UNTAGGED, VLAN, QINQ = b"", bytes.fromhex("8100 0005"), bytes.fromhex("88a8 0007 8100 0005")

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
PSH_ACK = 0x5018


def datagram(payload: bytes, port: int = PORT) -> bytes:
    """IPv4 and TCP from port 53412 to `port`; checksums are left out."""
    tcp = struct.pack("!HHIIHHHH", 53412, port, 1, 1, PSH_ACK, 512, 0, 0) + payload
    addresses = bytes([10, 0, 0, 1, 10, 0, 0, 2])
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + addresses + tcp


def ethernet(tags: bytes, datagram: bytes) -> bytes:
    """That datagram behind an Ethernet header with `tags` in it."""
    return MAC_ADDRESSES + tags + b"\x08\x00" + datagram


class TunDevice:
    """A device without a link layer; what is written arrives on it."""

    def __init__(self, name: str) -> None:
        self._descriptor = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self._descriptor, TUNSETIFF, struct.pack("16s H 22x", name.encode(), IFF_TUN | IFF_NO_PI))

    def __enter__(self) -> "TunDevice":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def write(self, packet: bytes) -> None:
        os.write(self._descriptor, packet)
