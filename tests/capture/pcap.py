"""The frames of a little-endian pcap file, as tcpdump writes it."""

import struct


def frames_of(capture: bytes) -> list[bytes]:
    """Complete records only: the file may still be growing."""
    frames = []
    place = 24
    while place + 16 <= len(capture):
        (captured,) = struct.unpack_from("<8x I", capture, place)
        place += 16
        if place + captured <= len(capture):
            frames.append(capture[place : place + captured])
        place += captured
    return frames
