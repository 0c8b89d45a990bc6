"""The programs, run on structures that are made up: what they copy, and what they leave alone."""

import struct

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf import programs
from tcpwatch.kernel.bpf.fields import (
    COMMON_FIELDS,
    CONGESTION_ROOM,
    CONNECTION,
    LINKED_FIELDS,
    SOCK,
    STRUCTURES,
    LinkedFields,
    Shape,
)
from tcpwatch.kernel.bpf.programs import (
    EVENT_RECORD,
    FILE_RECORD,
    INODE_KEY,
    IPPROTO_MPTCP,
    SOCKET_FIELDS,
    SOCKET_HEADER,
    Tracepoint,
)
from tests.kernel.bpf.kernel_types import made_up_kernel
from tests.kernel.bpf.made_up import COMMAND, COOKIE, JIFFIES, NETNS, NOW_NS, PID, START_NS, MadeUp

STATE_BY_NUMBER = Tracepoint("inet_sock_set_state", 3, states=True)
AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_SCTP = 2, 10, 6, 132
NOTHING = {"16s": bytes(16), "Q": 0, "I": 0}


def fields_of(record: bytes) -> dict[str, int | bytes]:
    names, unpacker = SOCKET_FIELDS.selection(" ".join(SOCKET_FIELDS.offsets))
    return dict(zip(names, unpacker.unpack_from(record, SOCKET_HEADER.size), strict=True))


def test_record_begins_with_cookie_and_clock() -> None:
    assert SOCKET_HEADER.unpack_from(MadeUp().list_sockets()) == (COOKIE, JIFFIES)


def test_record_fits_on_the_stack_part_by_part() -> None:
    assert programs.STACK_BYTES <= 512
    assert programs.OPTION_BYTES <= 512


@pytest.mark.parametrize("shape", Shape)
def test_record_is_as_long_for_every_shape(shape: Shape) -> None:
    made_up = MadeUp(shape=shape)
    made_up.list_sockets()
    assert [len(part) for part in made_up.written] == [programs.STACK_BYTES, programs.OPTION_BYTES]


@pytest.mark.parametrize("shape", Shape)
def test_every_field_is_copied_from_its_place(shape: Shape) -> None:
    made_up = MadeUp(shape=shape)
    _, table = STRUCTURES[shape]
    there = {entry.name: entry for entry in (*COMMON_FIELDS, *table) if "[" not in entry.paths[0]}
    values: dict[str, int | bytes] = {}
    for number, entry in enumerate(there.values(), start=1):
        size = struct.calcsize(entry.width)
        values[entry.name] = bytes([number]) * size if entry.width.endswith("s") else number % (1 << 4)
    made_up.set_fields(**values)
    found = fields_of(made_up.list_sockets())
    assert found.pop("shape") == shape
    for name, value in found.items():
        expected = values.get(name, bytes(struct.calcsize(SOCKET_FIELDS.widths[name])))
        if SOCKET_FIELDS.widths[name] == "?":
            assert value is (expected not in (0, b"\0"))
        else:
            assert value == (expected if name in values or isinstance(value, bytes) else 0), name


def test_wide_numbers_are_truncated_to_the_record() -> None:
    made_up = MadeUp()
    made_up.set_fields(snd_una=0xFFFF_FFFE, bytes_sent=1 << 63, retransmit_expires=0x1234_5678)
    found = fields_of(made_up.list_sockets())
    assert (found["snd_una"], found["bytes_sent"], found["retransmit_expires"]) == (0xFFFF_FFFE, 1 << 63, 0x1234_5678)


def test_no_socket_no_record() -> None:
    made_up = MadeUp()
    made_up.common = 0
    assert made_up.list_sockets() == b""


def test_socket_of_no_known_shape_no_record() -> None:
    assert MadeUp(shape=None).list_sockets() == b""


def test_field_that_the_kernel_lacks_is_not_known() -> None:
    btf = made_up_kernel("total_rto")
    _, known = programs.tcp_iterator(btf)
    assert "total_rto" not in known[Shape.FULL]
    assert "snd_una" in known[Shape.FULL]
    assert "snd_una" not in known[Shape.TIME_WAIT]


def test_field_of_another_name_on_newer_kernels() -> None:
    """Of several paths, the first that this kernel has."""
    assert "keepalive_expires" in programs.tcp_iterator(made_up_kernel())[1][Shape.FULL]
    lacking = made_up_kernel(CONNECTION + "icsk_keepalive_timer.expires")
    assert "keepalive_expires" not in programs.tcp_iterator(lacking)[1][Shape.FULL]


@pytest.mark.parametrize(("linked", "chain"), [(linked, chain) for linked in LINKED_FIELDS for chain in range(4)])
def test_fields_at_the_end_of_pointers(linked: LinkedFields, chain: int) -> None:
    """As of a kernel that keeps no inode number in the socket itself; each of the pointers may lead nowhere."""
    made_up = MadeUp(btf=made_up_kernel(SOCK + "sk_ino"))
    holder = made_up.whole
    for structure, path in linked.links[:chain]:
        made_up.set(structure, holder, path, place := made_up.put())
        holder = place
    [entry] = linked.fields
    value: int | bytes = b"some name".ljust(16, b"\0") if entry.width == "16s" else 4242
    if there := chain >= len(linked.links):
        made_up.set(linked.structure, holder, entry.paths[0], value)
    found = fields_of(made_up.list_sockets())
    assert found[entry.name] == (value if there else NOTHING[entry.width])
    assert entry.name in programs.tcp_iterator(made_up.btf)[1][Shape.FULL]


def test_fields_at_the_end_of_pointers_that_the_kernel_lacks() -> None:
    known = programs.tcp_iterator(made_up_kernel(SOCK + "sk_cgrp_data.cgroup", CONGESTION_ROOM))[1][Shape.FULL]
    assert {"cgroup_id", "bbr_min_rtt"}.isdisjoint(known)
    assert "congestion" in known


def test_fields_of_the_congestion_control() -> None:
    made_up = MadeUp()
    room, own = made_up.btf.member("tcp_sock", CONGESTION_ROOM), made_up.btf.member("bbr", "min_rtt_us")
    assert room is not None
    assert own is not None
    made_up.machine.write(made_up.whole + room.offset + own.offset, 31, 4)
    assert fields_of(made_up.list_sockets())["bbr_min_rtt"] == 31


def test_kernel_without_a_required_member() -> None:
    with pytest.raises(SourceError, match=r"no ns\.inum in its net"):
        programs.tracepoint(made_up_kernel("ns.inum"), STATE_BY_NUMBER, NETNS, 5, 6)


INODE = 9_876_543


def list_files(made_up: MadeUp, *, file: bool = True, socket: bool = True) -> list[bytes]:
    opened, holder, inode = made_up.put(), made_up.put(), made_up.put()
    made_up.set("file", opened, "f_inode", inode)
    made_up.set("inode", inode, "i_ino", INODE)
    made_up.set("socket", holder, "sk", made_up.common)
    if socket:
        made_up.socket_of_file[opened] = holder
    meta = made_up.context(made_up.put())
    made_up.machine.run(
        programs.task_file_iterator(made_up.btf), made_up.context(meta, made_up.thread, 57, opened if file else 0)
    )
    return made_up.written


def test_file_of_a_socket_names_its_process() -> None:
    [record] = list_files(MadeUp())
    assert FILE_RECORD.unpack(record) == (COOKIE, START_NS, PID, 57, COMMAND)


@pytest.mark.parametrize("absent", ["file", "socket"])
def test_file_that_is_no_socket_is_left_out(absent: str) -> None:
    assert list_files(MadeUp(), **{absent: False}) == []


def test_file_of_an_mptcp_socket_is_known_by_the_inode_that_its_tcp_sockets_have() -> None:
    made_up = MadeUp(shape=None)
    made_up.set("sock", made_up.common, "sk_protocol", IPPROTO_MPTCP)
    [record] = list_files(made_up)
    assert FILE_RECORD.unpack(record) == (INODE_KEY | INODE, START_NS, PID, 57, COMMAND)


def test_file_of_another_protocol_is_left_out() -> None:
    assert list_files(MadeUp(shape=None)) == []


def happen(
    made_up: MadeUp,
    point: Tracepoint = STATE_BY_NUMBER,
    *,
    netns: int = NETNS,
    watched: int | None = NETNS,
    protocol: int = IPPROTO_TCP,
    family: int = AF_INET,
    bound: bytes = b"\x27\x0f",
) -> int:
    """Run the program of a tracepoint; how many records were lost."""
    lost, namespace = made_up.machine.put(8), made_up.put()
    made_up.set("net", namespace, "ns.inum", netns)
    made_up.set("sock_common", made_up.common, "skc_net.net", namespace)
    made_up.set_fields(
        skc_family=family,
        skc_rcv_saddr=b"\x7f\0\0\1",
        skc_daddr=b"\x7f\0\0\2",
        skc_v6_rcv_saddr=b"a" * 16,
        skc_v6_daddr=b"b" * 16,
        skc_num=0,
        skc_dport=b"\xc3\x50",
    )
    made_up.set("tcp_sock", made_up.whole, "inet_conn.icsk_inet.inet_sport", bound)
    made_up.set("sock", made_up.common, "sk_protocol", protocol)
    code = programs.tracepoint(made_up.btf, point, watched, 5, lost)
    made_up.machine.run(code, made_up.context(made_up.common, 1, 8))
    return int.from_bytes(made_up.machine.read(lost, 8), "little")


def test_state_change_is_reported() -> None:
    made_up = MadeUp()
    assert happen(made_up) == 0
    [record] = made_up.written
    local, remote = b"\x7f\0\0\1".ljust(16, b"\0"), b"\x7f\0\0\2".ljust(16, b"\0")
    assert EVENT_RECORD.unpack(record) == (
        *(NOW_NS, COOKIE, local, remote),
        *(AF_INET, 0, b"\x27\x0f", b"\xc3\x50", STATE_BY_NUMBER.mark, 1, 8),
        *(START_NS, COMMAND, PID),
    )


def test_change_of_state_over_ipv6() -> None:
    made_up = MadeUp()
    happen(made_up, family=AF_INET6)
    assert EVENT_RECORD.unpack(made_up.written[0])[2:5] == (b"a" * 16, b"b" * 16, AF_INET6)


def test_change_of_a_socket_cut_down() -> None:
    """What is no full socket has no second place for its port."""
    made_up = MadeUp(shape=Shape.TIME_WAIT)
    happen(made_up)
    assert EVENT_RECORD.unpack(made_up.written[0])[6] == bytes(2)


@pytest.mark.parametrize("elsewhere", [{"netns": NETNS + 1}, {"protocol": IPPROTO_SCTP}])
def test_change_elsewhere_is_left_out(elsewhere: dict[str, int]) -> None:
    made_up = MadeUp()
    assert happen(made_up, **elsewhere) == 0
    assert made_up.written == []


def test_change_in_another_namespace_is_reported_if_all_are_watched() -> None:
    made_up = MadeUp()
    happen(made_up, netns=NETNS + 1, watched=None)
    assert len(made_up.written) == 1


def test_change_that_finds_no_room_is_counted() -> None:
    assert happen(MadeUp(ring_is_full=True)) == 1


def test_reset_is_reported_without_states() -> None:
    made_up = MadeUp()
    happen(made_up, Tracepoint("tcp_send_reset", 2), protocol=0)
    assert EVENT_RECORD.unpack(made_up.written[0])[8:] == (2, 0, 0, 0, bytes(16), 0)


def test_reset_for_no_socket_is_left_out() -> None:
    made_up = MadeUp()
    code = programs.tracepoint(made_up.btf, STATE_BY_NUMBER, NETNS, 5, 6)
    assert made_up.machine.run(code, made_up.context(0, 1, 8)) == 0
    assert made_up.written == []
