"""The common interface of the layers below TCP.

Every layer returns the next protocol and its offset. The protocol is always an EtherType, even if the layer itself uses
another number (a BSD address family, a PPP protocol, a tunnel), so one table has all readers. Reading past the end of a
frame raises `struct.error`; the Decoder counts it.
"""

from struct import Struct

U8 = Struct("!B")
U16 = Struct("!H")
U32 = Struct("!I")

# https://www.iana.org/assignments/ieee-802-numbers; LLC is Linux's ETH_P_802_2, not an IEEE number.
LLC = 0x0004
IPV4 = 0x0800
TRANSPARENT_ETHERNET = 0x6558
VLAN = 0x8100
ARUBA_80211 = 0x8200  # in GRE, between an access point and its controller
IPV6 = 0x86DD
MPLS = 0x8847
MPLS_UPSTREAM = 0x8848
PPPOE_SESSION = 0x8864
PPP = 0x880B
SERVICE_VLAN = 0x88A8
OLD_SERVICE_VLAN = 0x9100

Next = tuple[int, int]


class UndecodableError(Exception):
    """The frame has no readable TCP segment; the message is the reason under which it is counted."""
