"""Wireless LAN frames (IEEE 802.11): as captured in monitor mode, and as access points tunnel them.

Rule: only unencrypted data frames are decoded.
"""

from struct import Struct

from tcpwatch.wire.layer import LLC, Next, UndecodableError

FRAME_CONTROL = Struct("!BB")
RADIOTAP_LENGTH = Struct("<2xH")

VERSION_AND_TYPE = 0x0F
DATA_FRAME = 0x08
WITHOUT_DATA = 0x40
QOS = 0x80
BOTH_DISTRIBUTION_SYSTEMS = 0x03
PROTECTED = 0x40
ORDER = 0x80

HEADER_BYTES = 24
FOURTH_ADDRESS_BYTES = 6
QOS_CONTROL_BYTES = 2
HT_CONTROL_BYTES = 4


def ieee80211(data: bytes, offset: int) -> Next:
    """Skip the MAC header, whose length follows from its control field, to the LLC header."""
    control, flags = FRAME_CONTROL.unpack_from(data, offset)
    if control & VERSION_AND_TYPE != DATA_FRAME or control & WITHOUT_DATA:
        raise UndecodableError("not TCP")
    if flags & PROTECTED:
        raise UndecodableError("encrypted frame")
    offset += HEADER_BYTES
    if flags & BOTH_DISTRIBUTION_SYSTEMS == BOTH_DISTRIBUTION_SYSTEMS:
        offset += FOURTH_ADDRESS_BYTES
    if control & QOS:
        offset += QOS_CONTROL_BYTES + (HT_CONTROL_BYTES if flags & ORDER else 0)
    return LLC, offset


def radiotap(data: bytes, offset: int) -> Next:
    """Skip the radiotap header (https://www.radiotap.org)."""
    (length,) = RADIOTAP_LENGTH.unpack_from(data, offset)
    return ieee80211(data, offset + length)
