"""Records as the TCP iterator writes them, for tests to say only what differs."""

from struct import pack_into

from tcpwatch.kernel.bpf.fields import BBR_FIELDS, COMMON_FIELDS, LINKED_FIELDS, STRUCTURES, Shape
from tcpwatch.kernel.bpf.programs import SOCKET_FIELDS, SOCKET_HEADER
from tcpwatch.kernel.bpf.socket_record import SocketRecord
from tcpwatch.kernel.bpf.tcp_get_info import Clock

HZ, READ_NS = 250, 7_000_000_000
JIFFIES = (1 << 32) + 1000
ESTABLISHED, SYN_SENT, TIME_WAIT, LISTEN, NEW_SYN_RECV, NO_WORD = 1, 2, 6, 10, 12, 13

MORE = (*(entry for linked in LINKED_FIELDS for entry in linked.fields), *BBR_FIELDS)
KNOWN = {
    shape: frozenset(entry.name for entry in (*COMMON_FIELDS, *table, *(MORE if shape is Shape.FULL else ())))
    for shape, (_, table) in STRUCTURES.items()
}


def fields(shape: Shape = Shape.FULL, state: int = ESTABLISHED, **values: int | bytes) -> bytes:
    """The fields of a socket between 127.0.0.1:9999 and 127.0.0.2:50000; those not given are zero."""
    record = bytearray(SOCKET_FIELDS.size)
    given = {
        "shape": shape,
        "skc_state": state,
        "skc_family": 2,
        "skc_rcv_saddr": b"\x7f\0\0\1",
        "skc_daddr": b"\x7f\0\0\2",
        "skc_num": 9999,
        "skc_dport": (50_000).to_bytes(2),
    } | values
    for name, value in given.items():
        pack_into("=" + SOCKET_FIELDS.widths[name], record, SOCKET_FIELDS.offsets[name], value)
    return bytes(record)


def chunk(*sockets: tuple[int, bytes], jiffies: int = JIFFIES) -> bytes:
    """What the iterator gives for these cookies and fields."""
    return b"".join(SOCKET_HEADER.pack(cookie, jiffies) + body for cookie, body in sockets)


def record(
    shape: Shape = Shape.FULL,
    state: int = ESTABLISHED,
    *,
    initial: tuple[int | None, int | None] = (None, None),
    lacking: str = "",
    **values: int | bytes,
) -> SocketRecord:
    """The same as a record; of a kernel that lacks some fields."""
    known = {each: names - set(lacking.split()) for each, names in KNOWN.items()}
    return SocketRecord(fields(shape, state, **values), Clock(JIFFIES, HZ, READ_NS), known, initial)
