"""Generates the BPF programs: each copies fields to a record and outputs it. Pure.

A program fits only the kernel whose types are given. All programs are read-only; the verifier enforces that.
"""

import struct
from collections.abc import Mapping
from typing import NamedTuple

from tcpwatch.kernel.bpf.assembler import Assembler, Helper, Register
from tcpwatch.kernel.bpf.btf import Btf, Member
from tcpwatch.kernel.bpf.codegen import clear, copy, load, required
from tcpwatch.kernel.bpf.fields import (
    BBR_FIELDS,
    COMMON_FIELDS,
    CONGESTION_ROOM,
    LINKED_FIELDS,
    OPTION_FIELDS,
    STRUCTURES,
    Field,
    Layout,
    LinkedFields,
    Shape,
    locate,
)

R0, R1, R2, R3, R4, R6, R7, R8, R9, FRAME = (Register(number) for number in (0, 1, 2, 3, 4, 6, 7, 8, 9, Register.FRAME))

TRACEPOINT_NAMES = (
    *("inet_sock_set_state", "tcp_retransmit_skb", "tcp_receive_reset", "tcp_send_reset"),
    *("inet_sk_error_report", "kfree_skb"),
)

# All types that the programs look up by name.
BTF_TYPES = (
    *("sock_common", "tcp_sock", "tcp_request_sock", "tcp_timewait_sock"),
    *("sock", "socket", "file", "inode", "task_struct", "net"),
    *("tcp_congestion_ops", "tcp_ulp_ops", "cgroup", "kernfs_node", "bbr"),
    *("bpf_iter_tcp", "bpf_iter_task_file", "bpf_iter_task"),
    *("pt_regs", "mm_struct", "dentry", "super_block"),
    *("sk_buff", "net_device", "sk_rst_reason", "skb_drop_reason"),
    *(f"btf_trace_{name}" for name in TRACEPOINT_NAMES),
)

AF_INET, IPPROTO_TCP, IPPROTO_MPTCP = 2, 6, 262

# The contexts of iterators (bpf_iter__tcp, bpf_iter__task_file) and of tracepoints: pointers, eight bytes each.
_META, _SK_COMMON = 0, 8
_TASK, _FD, _FILE = 8, 16, 24
_SEQ_FILE = 0  # in bpf_iter_meta
ARGUMENTS = (0, 8, 16)

_CASTS = {
    Shape.FULL: Helper.SKC_TO_TCP_SOCK,
    Shape.REQUEST: Helper.SKC_TO_TCP_REQUEST_SOCK,
    Shape.TIME_WAIT: Helper.SKC_TO_TCP_TIMEWAIT_SOCK,
}

# A socket record: the cookie, the time in jiffies, then the fields. The stack of a program, 512 bytes, has no room for
# all of them: those of the second part follow in a write of their own, zeros where the socket is not a full one.
SOCKET_HEADER = struct.Struct("=QQ")  # cookie, jiffies
SOCKET_FIELDS = Layout(
    (
        *COMMON_FIELDS,
        *(field for _, fields in STRUCTURES.values() for field in fields if field not in OPTION_FIELDS),
        *(field for linked in LINKED_FIELDS for field in linked.fields),
        *BBR_FIELDS,
        Field("shape", "B", ()),
    ),
    OPTION_FIELDS,
)
STACK_BYTES = SOCKET_HEADER.size + SOCKET_FIELDS.first_part
OPTION_BYTES = SOCKET_FIELDS.size - SOCKET_FIELDS.first_part

FILE_RECORD = struct.Struct("=QQII16s")  # key of the socket, start of the process in ns, pid, fd, command
INODE_KEY = 1 << 63
"""Marks a key that is an inode number; other keys are cookies, which count up from 1."""

# ns, cookie, local, remote, family, local port (skc_num), bound local port (inet_sport), remote port, mark, old state,
# new state; for state changes only: start in ns, command and pid of the current process
EVENT_RECORD = struct.Struct("=QQ16s16sHH2s2sBBB5xQ16sI4x")
EVENT_COOKIE = struct.Struct("=8xQ")
_EVENT_ADDRESSES, _EVENT_FAMILY, _EVENT_MARK, _EVENT_PROCESS = 16, 48, 56, 64


def tcp_iterator(btf: Btf) -> tuple[bytes, Mapping[int, frozenset[str]]]:
    """The program for `bpf_iter_tcp`, a record per socket; and the fields that this kernel has, by shape."""
    code = Assembler()
    frame = -STACK_BYTES
    fields = frame + SOCKET_HEADER.size
    code.move(R6, R1)
    code.load(R7, R6, _SK_COMMON, 8)
    code.jump_if_equal(R7, 0, "end")
    clear(code, frame, STACK_BYTES)
    code.move(R1, R7)
    code.call(Helper.GET_SOCKET_COOKIE)
    code.store(FRAME, frame, R0, 8)
    code.call(Helper.JIFFIES64)
    code.store(FRAME, frame + 8, R0, 8)
    common = locate(btf, "sock_common", COMMON_FIELDS)
    _copy_all(code, R7, common, fields)
    known: dict[int, frozenset[str]] = {}
    for shape, (structure, table) in STRUCTURES.items():
        following = f"not {shape.name}"
        code.move(R1, R7)
        code.call(_CASTS[shape])
        code.jump_if_equal(R0, 0, following)
        code.move(R8, R0)
        code.constant(R1, shape)
        code.store(FRAME, fields + SOCKET_FIELDS.offsets["shape"], R1, 1)
        places = locate(btf, structure, table)
        known[shape] = frozenset(common) | frozenset(places)
        options = {field.name: places.pop(field.name) for field in OPTION_FIELDS if field.name in places}
        _copy_all(code, R8, places, fields)
        if shape is Shape.FULL:
            known[shape] |= _copy_from_pointers(code, btf, known[shape], fields)
        _write(code, frame, STACK_BYTES)
        clear(code, -OPTION_BYTES, OPTION_BYTES)
        _copy_all(code, R8, options, -OPTION_BYTES - SOCKET_FIELDS.first_part)
        _write(code, -OPTION_BYTES, OPTION_BYTES)
        code.jump("end")
        code.label(following)
    code.label("end")
    code.exit()
    return code.code(), known


def task_file_iterator(btf: Btf) -> bytes:
    """The program for `bpf_iter_task_file`: a FILE_RECORD for each open descriptor of a TCP socket.

    The file of an MPTCP socket leads to that one, and not to the TCP sockets below it, which have its inode number
    (mptcp_subflow_create_socket, net/mptcp/subflow.c): its key is the inode.
    """
    code = Assembler()
    frame = -FILE_RECORD.size
    code.move(R6, R1)
    code.load(R7, R6, _TASK, 8)
    code.jump_if_equal(R7, 0, "end")
    code.load(R1, R6, _FILE, 8)
    code.jump_if_equal(R1, 0, "end")
    code.call(Helper.SOCK_FROM_FILE)
    code.jump_if_equal(R0, 0, "end")
    load(code, R8, R0, required(btf, "socket", "sk"))
    code.jump_if_equal(R8, 0, "end")
    code.move(R1, R8)
    code.call(Helper.SKC_TO_TCP_SOCK)
    code.jump_if_equal(R0, 0, "not TCP")
    code.move(R1, R8)
    code.call(Helper.GET_SOCKET_COOKIE)
    code.store(FRAME, frame, R0, 8)
    code.jump("process")
    code.label("not TCP")
    load(code, R1, R8, required(btf, "sock", "sk_protocol"))
    code.jump_unless_equal(R1, IPPROTO_MPTCP, "end")
    code.load(R1, R6, _FILE, 8)
    code.jump_if_equal(R1, 0, "end")  # the verifier asks for it each time
    load(code, R1, R1, required(btf, "file", "f_inode"))
    code.jump_if_equal(R1, 0, "end")
    load(code, R1, R1, required(btf, "inode", "i_ino"))
    code.store(FRAME, frame, R1, 4)
    code.constant(R1, -(INODE_KEY >> 32))  # its upper half; all supported machines are little-endian
    code.store(FRAME, frame + 4, R1, 4)
    code.label("process")
    code.load(R1, R6, _FD, 4)
    code.store(FRAME, frame + 20, R1, 4)
    _copy_process(code, btf, R7, {"start_boottime": frame + 8, "tgid": frame + 16, "comm": frame + 24})
    _write(code, frame, FILE_RECORD.size)
    code.label("end")
    code.exit()
    return code.code()


class Tracepoint(NamedTuple):
    """A tracepoint whose first argument is a socket; if `states`, the next two are the old and new state."""

    name: str
    mark: int
    states: bool = False


def tracepoint(btf: Btf, point: Tracepoint, netns: int | None, ring: int, lost: int) -> bytes:
    """The program for a tracepoint: an EVENT_RECORD into `ring` for each event in one or all network namespaces.

    `netns` is the namespace's inode number, None for all. Records that do not fit are counted in the first value of the
    array map `lost`.
    """
    code = Assembler()
    frame = -EVENT_RECORD.size
    code.move(R6, R1)
    code.load(R7, R6, ARGUMENTS[0], 8)
    code.jump_if_equal(R7, 0, "end")
    if netns is not None:
        load(code, R1, R7, required(btf, "sock_common", "skc_net.net"))
        load(code, R1, R1, required(btf, "net", "ns.inum"))
        code.jump_unless_number(R1, netns, "end")
    clear(code, frame, EVENT_RECORD.size)
    if point.states:
        load(code, R1, R7, required(btf, "sock", "sk_protocol"))
        code.jump_unless_equal(R1, IPPROTO_TCP, "end")
        for argument, place in zip(ARGUMENTS[1:], (_EVENT_MARK + 1, _EVENT_MARK + 2), strict=True):
            code.load(R1, R6, argument, 8)
            code.store(FRAME, frame + place, R1, 1)
        code.call(Helper.GET_CURRENT_TASK_BTF)
        code.move(R8, R0)
        start = frame + _EVENT_PROCESS
        _copy_process(code, btf, R8, {"start_boottime": start, "comm": start + 8, "tgid": start + 24})
    code.constant(R1, point.mark)
    code.store(FRAME, frame + _EVENT_MARK, R1, 1)
    code.call(Helper.KTIME_GET_NS)
    code.store(FRAME, frame, R0, 8)
    code.move(R1, R7)
    code.call(Helper.GET_SOCKET_COOKIE)
    code.store(FRAME, frame + 8, R0, 8)
    copy_ends(code, btf, frame)
    output_record(code, frame, EVENT_RECORD.size, ring, lost)
    return code.code()


def copy_ends(code: Assembler, btf: Btf, frame: int) -> None:
    """Copy family, addresses and ports of the socket in R7. skc_num is cleared early, so inet_sport is copied too."""
    for path, place, width in (("skc_family", 0, "H"), ("skc_num", 2, "H"), ("skc_dport", 6, "2s")):
        copy(code, R7, required(btf, "sock_common", path), frame + _EVENT_FAMILY + place, width)
    load(code, R1, R7, required(btf, "sock_common", "skc_family"))
    code.jump_if_equal(R1, AF_INET, "IPv4")
    for path, place in (("skc_v6_rcv_saddr", 0), ("skc_v6_daddr", 16)):
        copy(code, R7, required(btf, "sock_common", path), frame + _EVENT_ADDRESSES + place, "16s")
    code.jump("ports")
    code.label("IPv4")
    for path, place in (("skc_rcv_saddr", 0), ("skc_daddr", 16)):
        copy(code, R7, required(btf, "sock_common", path), frame + _EVENT_ADDRESSES + place, "4s")
    code.label("ports")
    code.move(R1, R7)
    code.call(Helper.SKC_TO_TCP_SOCK)
    code.jump_if_equal(R0, 0, "output")
    copy(code, R0, required(btf, "tcp_sock", "inet_conn.icsk_inet.inet_sport"), frame + _EVENT_FAMILY + 4, "2s")
    code.label("output")


_PROCESS_WIDTHS = {"start_boottime": "Q", "tgid": "I", "comm": "16s"}


def _copy_process(code: Assembler, btf: Btf, task: Register, places: Mapping[str, int]) -> None:
    """Copy pid, start and name of the process of the thread at `task`. Overwrites `task` with the group leader."""
    code.load(task, task, required(btf, "task_struct", "group_leader").offset, 8)
    for path, place in places.items():
        copy(code, task, required(btf, "task_struct", path), place, _PROCESS_WIDTHS[path])


def _copy_from_pointers(code: Assembler, btf: Btf, already: frozenset[str], fields: int) -> frozenset[str]:
    """Copy fields of the full socket in R8 that lie in other structures; returns the names that this kernel has."""
    copied = frozenset[str]()
    for linked in LINKED_FIELDS:
        if already.isdisjoint(field.name for field in linked.fields):
            copied |= _copy_linked(code, btf, linked, fields)
    room = btf.member("tcp_sock", CONGESTION_ROOM)
    if room is None:
        return copied
    own = locate(btf, "bbr", BBR_FIELDS)
    _copy_all(code, R8, {name: place.within(room) for name, place in own.items()}, fields)
    return copied | own.keys()


def _copy_linked(code: Assembler, btf: Btf, linked: LinkedFields, fields: int) -> frozenset[str]:
    """Copy the fields behind a chain of pointers, each of which may be null."""
    links = [link for structure, path in linked.links if (link := btf.member(structure, path)) is not None]
    places = locate(btf, linked.structure, linked.fields)
    if len(links) < len(linked.links):
        return frozenset()
    nowhere = f"no {linked.structure}"
    code.move(R9, R8)
    for link in links:
        load(code, R9, R9, link)
        code.jump_if_equal(R9, 0, nowhere)
    _copy_all(code, R9, places, fields)
    code.label(nowhere)
    return frozenset(places)


def _copy_all(code: Assembler, base: Register, places: Mapping[str, Member], fields: int) -> None:
    for name, member in places.items():
        copy(code, base, member, fields + SOCKET_FIELDS.offsets[name], SOCKET_FIELDS.widths[name])


def _write(code: Assembler, frame: int, size: int) -> None:
    """Write these bytes of the stack to the iterator's reader. Overwrites R1 to R3."""
    code.load(R1, R6, _META, 8)
    code.load(R1, R1, _SEQ_FILE, 8)
    code.address(R2, FRAME, frame)
    code.constant(R3, size)
    code.call(Helper.SEQ_WRITE)


def output_record(code: Assembler, frame: int, size: int, ring: int, lost: int) -> None:
    """Output the record on the stack to the ring without waking its reader, which polls; then end the program."""
    code.map_handle(R1, ring)
    code.address(R2, FRAME, frame)
    code.constant(R3, size)
    code.constant(R4, 1)  # BPF_RB_NO_WAKEUP
    code.call(Helper.RINGBUF_OUTPUT)
    code.jump_if_equal(R0, 0, "end")
    code.map_value(R1, lost)
    code.constant(R2, 1)
    code.atomic_add(R1, R2)
    code.label("end")
    code.exit()
