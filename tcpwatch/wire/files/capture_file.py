"""Capture files: records in file order, from any binary file object, in constant memory.

Rule: the format is determined by the first bytes, never by the name. There is no seeking, so stdin and FIFOs work. A
damaged file gives the records before the damage, then one CaptureFileError.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain

from tcpwatch.errors import CaptureFileError
from tcpwatch.wire.files import erf, netmon, pcap, pcapng, sniffer, snoop
from tcpwatch.wire.files.byte_reader import ByteStream, Readable
from tcpwatch.wire.files.pcapng_writer import PcapngWriter
from tcpwatch.wire.files.record import Record

__all__ = ["PcapngWriter", "Record", "read_batches", "read_records"]

Format = Callable[[ByteStream], Iterator[list[Record]]]

# By the first four bytes. Endace's records have no magic number; they are recognized by how they follow each other.
FORMAT_READERS: dict[bytes, Format] = {
    pcapng.MAGIC: pcapng.read_pcapng,
    **dict.fromkeys(pcap.MAGICS, pcap.read_pcap),
    snoop.MAGIC[:4]: snoop.read_snoop,
    **dict.fromkeys(netmon.MAGICS, netmon.read_netmon),
    sniffer.DOS_MAGIC: sniffer.read_dos_sniffer,
    sniffer.WINDOWS_MAGIC: sniffer.read_windows_sniffer,
}

CONVERT = "convert it first (editcap -F pcapng FILE NEW)"
UNPACK = "unpack it first"
UNSUPPORTED_FORMATS = {
    b"btsnoop\0": f"Bluetooth's snoop: {CONVERT}",
    b"\xa1\xb2\xcd\x34": f"modified pcap (magic a1b2cd34): {CONVERT}",
    b"\x34\xcd\xb2\xa1": f"modified pcap (magic a1b2cd34): {CONVERT}",
    b"\x28\xb5\x2f\xfd": f"zstd: {UNPACK} (zstd -d)",
    b"\x04\x22\x4d\x18": f"lz4: {UNPACK} (lz4 -d)",
    b"\xfd7zXZ\0": f"xz: {UNPACK} (xz -d)",
    b"BZh": f"bzip2: {UNPACK} (bzip2 -d)",
    b"PK\3\4": f"zip: {UNPACK} (unzip)",
}
MAGIC_BYTES = 8
READABLE = "pcap, pcapng, snoop, ERF, NetMon and Sniffer"


def read_records(file: Readable) -> Iterator[Record]:
    """Each packet as `(time_ns, link_type, data, wire_length)`; `data` is the captured part.

    Raises CaptureFileError: at once if it is no capture file, else after the last packet before the damage.
    """
    return chain.from_iterable(read_batches(file))


def read_batches(file: Readable, remarks: Counter[str] | None = None) -> Iterator[list[Record]]:
    """The same packets as read_records, in batches as they were read from the file; no batch is empty.

    In `remarks` is counted what is irregular and was read all the same.
    """
    stream = ByteStream(file, remarks)
    stream.fill(MAGIC_BYTES)
    reader = FORMAT_READERS.get(stream.buffer[:4])
    if reader is None and erf.looks_like_erf(stream):
        reader = erf.read_erf
    if reader is None:
        raise CaptureFileError(_unknown(stream.buffer[:MAGIC_BYTES]))
    return reader(stream)


def _unknown(beginning: bytes) -> str:
    for magic, name in UNSUPPORTED_FORMATS.items():
        if beginning.startswith(magic):
            return f"unsupported format: {name}."
    if not beginning:
        return "not a capture file: it is empty."
    return f"not a capture file: {READABLE} can be read, also in gzip."
