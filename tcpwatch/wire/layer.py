"""What the layers below TCP say to one another.

Every layer answers two questions: what comes next, and at which offset. What comes next is always an EtherType,
whoever said it in its own words (a BSD address family, a PPP protocol, a tunnel), so that one table finds the reader
of each. Reading past the end of a frame is `struct.error`; the Decoder turns it into a counted reason.
"""

from struct import Struct

U8 = Struct("!B")
U16 = Struct("!H")
U32 = Struct("!I")

# https://www.iana.org/assignments/ieee-802-numbers; LLC is Linux's ETH_P_802_2, no number of the IEEE.
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
    """A frame in which there is no TCP segment to read; the message is the reason it is counted under."""
