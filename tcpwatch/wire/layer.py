"""The common interface of the layers below TCP.

Every layer returns the next protocol, its offset, and where it ends on the wire at the latest. The protocol is always
an EtherType, even if the layer itself uses another number (a BSD address family, a PPP protocol, a tunnel), so one
table has all readers. A length in a header moves the end forward, so padding and trailers never count as payload.
Reading past the end of a frame raises `struct.error`; the Decoder counts it.
"""

from collections.abc import Callable
from struct import Struct

U8 = Struct("!B")
U16 = Struct("!H")
U32 = Struct("!I")
LITTLE_U16 = Struct("<H")
LITTLE_U32 = Struct("<I")

# https://www.iana.org/assignments/ieee-802-numbers; LLC is Linux's ETH_P_802_2, not an IEEE number.
LLC = 0x0004
IPV4 = 0x0800
TRILL = 0x22F3
CENTRINO_80211 = 0x2452
TRANSPARENT_ETHERNET = 0x6558
VLAN = 0x8100
ARUBA_80211 = 0x8200  # in GRE, between an access point and its controller
IPV6 = 0x86DD
PPP = 0x880B
MPLS = 0x8847
MPLS_UPSTREAM = 0x8848
PPPOE_SESSION = 0x8864
JUMBO_LLC = 0x8870
SERVICE_VLAN = 0x88A8
MACSEC = 0x88E5
BACKBONE_SERVICE = 0x88E7  # 802.1ah I-TAG
FABRIC_PATH = 0x8903
CISCO_METADATA = 0x8909
VN_TAG = 0x8926
HSR = 0x892F
E_TAG = 0x893F  # 802.1BR
NSH = 0x894F
OLD_SERVICE_VLAN = 0x9100
REDUNDANCY_TAG = 0xF1C1  # 802.1CB

Next = tuple[int, int, int]
"""EtherType, offset, end on the wire."""

Reader = Callable[[bytes, int, int], Next]
"""`(data, offset, end)` of a header -> what follows it."""


class UndecodableError(Exception):
    """The frame has no readable TCP segment; the message is the reason under which it is counted."""


def skip(header_bytes: int, ethertype: int) -> Reader:
    """A reader of a header of fixed length that always carries the same protocol."""
    return lambda _data, offset, end: (ethertype, offset + header_bytes, end)


def ethertype_at(place: int, header_bytes: int) -> Reader:
    """A reader of a header of fixed length with an EtherType in it."""
    return lambda data, offset, end: (U16.unpack_from(data, offset + place)[0], offset + header_bytes, end)
