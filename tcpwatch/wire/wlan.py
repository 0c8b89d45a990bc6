"""Wireless LAN frames (IEEE 802.11): as captured in monitor mode, and as access points tunnel them.

Rule: only unencrypted data frames are decoded. Of several frames sent as one (A-MSDU), the first.
"""

from struct import Struct

from tcpwatch.wire.layer import LLC, TRANSPARENT_ETHERNET, U16, U32, Next, UndecodableError

FRAME_CONTROL = Struct("!BB")
RADIOTAP_HEADER = Struct("<2xHI")
RADIOTAP_PRESENT = Struct("<I")

VERSION_AND_TYPE = 0x0F
DATA_FRAME = 0x08
WITHOUT_DATA = 0x40
QOS = 0x80
BOTH_DISTRIBUTION_SYSTEMS = 0x03
PROTECTED = 0x40
ORDER = 0x80

HEADER_BYTES = 24
ADDRESS_BYTES = 6
FOURTH_ADDRESS_BYTES = 6
QOS_CONTROL_BYTES = 2
HT_CONTROL_BYTES = 4
SEVERAL_FRAMES = 0x80
SUBFRAME_BYTES = 14

# https://www.radiotap.org/fields
TIMESTAMP_PRESENT, FLAGS_PRESENT, MORE_PRESENT = 1 << 0, 1 << 1, 1 << 31
PADDED_HEADER = 0x20

PRISM_BYTES = 144
AVS_VERSIONS = (0x80211001, 0x80211002)


def ieee80211(data: bytes, offset: int, end: int) -> Next:
    """Skip the MAC header, whose length follows from its control field, to the LLC header."""
    return _mac_header(data, offset, end, *FRAME_CONTROL.unpack_from(data, offset))


def ieee80211_swapped(data: bytes, offset: int, end: int) -> Next:
    """As in CAPWAP, where many controllers swap the two bytes of the frame control field."""
    flags, control = FRAME_CONTROL.unpack_from(data, offset)
    if control & VERSION_AND_TYPE != DATA_FRAME:
        flags, control = control, flags
    return _mac_header(data, offset, end, control, flags)


def centrino(data: bytes, offset: int, end: int) -> Next:
    """Intel's drivers give decrypted frames in Ethernet, and leave the mark of encryption."""
    control, flags = FRAME_CONTROL.unpack_from(data, offset)
    return _mac_header(data, offset, end, control, flags & ~PROTECTED)


def _mac_header(data: bytes, start: int, end: int, control: int, flags: int, *, padded: bool = False) -> Next:
    """Behind the header LLC follows; some drivers put two zero bytes, or a whole Ethernet header, before it."""
    if control & VERSION_AND_TYPE != DATA_FRAME or control & WITHOUT_DATA:
        raise UndecodableError("not TCP")
    if flags & PROTECTED:
        raise UndecodableError("encrypted frame")
    length = HEADER_BYTES
    if flags & BOTH_DISTRIBUTION_SYSTEMS == BOTH_DISTRIBUTION_SYSTEMS:
        length += FOURTH_ADDRESS_BYTES
    several = False
    if control & QOS:
        several = bool(FRAME_CONTROL.unpack_from(data, start + length)[0] & SEVERAL_FRAMES)
        length += QOS_CONTROL_BYTES + (HT_CONTROL_BYTES if flags & ORDER else 0)
    offset = start + (length + 3 & ~3 if padded else length)
    if several:
        (subframe_length,) = U16.unpack_from(data, offset + SUBFRAME_BYTES - 2)
        offset += SUBFRAME_BYTES
        end = min(end, offset + subframe_length)
    beginning = data[offset : offset + ADDRESS_BYTES]
    if any(beginning) and beginning in (data[start + 4 : start + 10], data[start + 16 : start + 22]):
        return TRANSPARENT_ETHERNET, offset, end
    return LLC, offset + 2 if beginning.startswith(b"\0\0\xaa\xaa") else offset, end


def radiotap(data: bytes, offset: int, end: int) -> Next:
    """Skip the radiotap header (https://www.radiotap.org); its flags say whether the MAC header is padded."""
    length, present = RADIOTAP_HEADER.unpack_from(data, offset)
    padded = bool(_radiotap_flags(data, offset, offset + length, present) & PADDED_HEADER)
    frame = offset + length
    return _mac_header(data, frame, end, *FRAME_CONTROL.unpack_from(data, frame), padded=padded)


def _radiotap_flags(data: bytes, start: int, stop: int, present: int) -> int:
    """The flags, behind all words that say what is present, and a timestamp, which is aligned to 8 bytes."""
    if not present & FLAGS_PRESENT:
        return 0
    place, word = start + 8, present
    while word & MORE_PRESENT and place + 4 <= stop:
        (word,) = RADIOTAP_PRESENT.unpack_from(data, place)
        place += 4
    if present & TIMESTAMP_PRESENT:
        place = start + (place - start + 7 & ~7) + 8
    return data[place] if place < min(stop, len(data)) else 0


def avs(data: bytes, offset: int, end: int) -> Next:
    """The AVS header has its own length."""
    (length,) = U32.unpack_from(data, offset + 4)
    return ieee80211(data, offset + length, end)


def prism(data: bytes, offset: int, end: int) -> Next:
    """The Prism header is always as long; drivers also give the AVS header under its link type."""
    if U32.unpack_from(data, offset)[0] in AVS_VERSIONS:
        return avs(data, offset, end)
    return ieee80211(data, offset + PRISM_BYTES, end)
