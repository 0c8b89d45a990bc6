"""Generates the BPF programs that report mishaps: an RST sent, an error given to a program, a segment dropped. Pure.

All write the same record into one ring. Addresses and ports are the socket's, local end first, or, where there was a
segment, that one's, source first: `Place` says which.
"""

import struct
from collections.abc import Collection, Sequence
from enum import IntEnum
from typing import NamedTuple

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.assembler import Assembler, Helper, Register
from tcpwatch.kernel.bpf.btf import Btf
from tcpwatch.kernel.bpf.codegen import clear, copy, load, required
from tcpwatch.kernel.bpf.programs import AF_INET, IPPROTO_TCP, copy_ends, output_record
from tcpwatch.sockets.mishaps import MishapKind

R0, R1, R2, R3, R6, R7, R8, R9, FRAME = (Register(number) for number in (0, 1, 2, 3, 6, 7, 8, 9, Register.FRAME))

# ns, cookie, two addresses, family, local port (skc_num), two ports, mark, place, local port once more, reason, state,
# flags, error, soft error, end of the captured bytes, offset of the TCP header, where it was dropped
MISHAP_RECORD = struct.Struct("=QQ16s16sHH2s2sBB2sIBB2xiiII4xQ")
MISHAP_CAUSE = slice(56, 64)  # mark, place, local port, reason: what mishaps are counted by
MISHAP_REASON = slice(60, 64)
_ADDRESSES, _FAMILY, _PORTS, _MARK, _PLACE, _LOCAL_PORT, _REASON = 16, 48, 52, 56, 57, 58, 60
_STATE, _FLAGS, _ERROR, _SOFT_ERROR, _TAIL, _TRANSPORT, _LOCATION = 64, 65, 68, 72, 76, 80, 88

KINDS_BY_MARK = tuple(MishapKind)
NO_REASON = 0xFFFF_FFFF
AF_INET6 = 10

# Headers are read to the stack below the record: IP (RFC 791, RFC 8200), then TCP.
_IP, _TCP, _SCRATCH = 0, 40, 64
_IPV4_BYTES, _IPV6_BYTES, _TCP_BYTES = 20, 40, 20
# EtherTypes, and the bits of an IPv4 fragment's offset, as a little-endian machine reads them.
_ETH_P_IP, _ETH_P_IPV6, _FRAGMENT_OFFSET = 0x0008, 0xDD86, 0xFF1F

# Arguments of the tracepoints: pointers or numbers, eight bytes each (include/trace/events/{tcp,sock,skb}.h).
_SK, _SKB, _RST_REASON = 0, 8, 16
_DROPPED_SKB, _DROP_LOCATION, _DROP_REASON, _RECEIVER = 0, 8, 16, 24
ARGUMENTS_WITH_REASON, ARGUMENTS_WITH_RECEIVER = 3, 4


class Place(IntEnum):
    """Whose addresses and ports a record has."""

    SOCKET = 0
    RECEIVED = 1
    SENT = 2


class Output(NamedTuple):
    """Where the records go, and of which network namespace (inode number) they are to be; None for all."""

    ring: int
    lost: int
    netns: int | None


def reset_sent(btf: Btf, output: Output) -> bytes:
    """The program for `tcp_send_reset(sk, skb, reason)`. Older kernels: no reason."""
    code = _begin(MishapKind.RESET_SENT)
    code.constant(R1, -1)  # NO_REASON
    if btf.arguments("tcp_send_reset") >= ARGUMENTS_WITH_REASON:
        code.load(R1, R6, _RST_REASON, 4)
    code.store(FRAME, _at(_REASON), R1, 4)
    code.load(R7, R6, _SK, 8)
    code.load(R8, R6, _SKB, 8)
    code.jump_if_equal(R7, 0, "no socket")
    _require_netns_of_socket(code, btf, output.netns)
    _copy_socket(code, btf)
    code.jump_if_equal(R8, 0, "active")
    code.jump("segment")
    code.label("no socket")
    code.jump_if_equal(R8, 0, "end")
    _require_netns_of_device(code, btf, output.netns)
    code.label("segment")
    code.constant(R1, Place.RECEIVED)
    code.store(FRAME, _at(_PLACE), R1, 1)
    _copy_segment(code, btf)
    code.jump("write")
    code.label("active")
    _copy_ends_of_socket(code, btf)
    code.label("write")
    _write(code, output)
    return code.code()


def error_reported(btf: Btf, output: Output) -> bytes:
    """The program for `inet_sk_error_report(sk)`, of which it leaves out other protocols and reports without error.

    It leaves out sockets without a remote end, too: `tcp_disconnect` clears that, and then reports an error for the RST
    that the program itself asked for.
    """
    code = _begin(MishapKind.ERROR)
    code.load(R7, R6, _SK, 8)
    code.jump_if_equal(R7, 0, "end")
    load(code, R1, R7, required(btf, "sock", "sk_protocol"))
    code.jump_unless_equal(R1, IPPROTO_TCP, "end")
    _require_netns_of_socket(code, btf, output.netns)
    load(code, R1, R7, required(btf, "sock_common", "skc_dport"))
    code.jump_if_equal(R1, 0, "end")
    load(code, R1, R7, required(btf, "sock", "sk_err_soft"))
    code.store(FRAME, _at(_SOFT_ERROR), R1, 4)
    code.store(FRAME, _at(_REASON), R1, 4)
    load(code, R2, R7, required(btf, "sock", "sk_err"))
    code.store(FRAME, _at(_ERROR), R2, 4)
    code.jump_if_equal(R2, 0, "soft")
    code.store(FRAME, _at(_REASON), R2, 4)
    code.jump("error")
    code.label("soft")
    code.jump_if_equal(R1, 0, "end")
    code.label("error")
    _copy_socket(code, btf)
    _copy_ends_of_socket(code, btf)
    _write(code, output)
    return code.code()


def segment_dropped(btf: Btf, output: Output, ignored: Collection[int], ports: Sequence[int] = ()) -> bytes:
    """The program for `kfree_skb(skb, location, reason, rx_sk)`: dropped TCP segments, of these `ports` only if any.

    `ignored` are reasons that tell of no fault. SourceError for a kernel that gives no reason (Linux 5.16 and older).
    """
    arguments = btf.arguments("kfree_skb")
    if arguments < ARGUMENTS_WITH_REASON:
        raise SourceError("This kernel does not tell why it drops a segment.")
    code = Assembler()
    code.move(R6, R1)
    code.load(R1, R6, _DROP_REASON, 4)
    for reason in sorted(ignored):
        code.jump_if_equal(R1, reason, "end")
    code.load(R8, R6, _DROPPED_SKB, 8)
    _clear(code, MishapKind.DROPPED)
    for argument, place, size in ((_DROP_REASON, _REASON, 4), (_DROP_LOCATION, _LOCATION, 8)):
        code.load(R1, R6, argument, size)
        code.store(FRAME, _at(place), R1, size)
    _copy_socket_of_segment(code, btf, output.netns, has_receiver=arguments >= ARGUMENTS_WITH_RECEIVER)
    code.constant(R2, Place.SENT)
    load(code, R1, R8, required(btf, "sk_buff", "skb_iif"))  # the interface that it came in by
    code.jump_if_equal(R1, 0, "to be sent")
    code.constant(R2, Place.RECEIVED)
    code.label("to be sent")
    code.store(FRAME, _at(_PLACE), R2, 1)
    _copy_segment(code, btf, ports)
    _write(code, output)
    return code.code()


def _at(place: int) -> int:
    """A place in the record, which ends where the stack begins."""
    return place - MISHAP_RECORD.size


def _begin(kind: MishapKind) -> Assembler:
    code = Assembler()
    code.move(R6, R1)
    _clear(code, kind)
    return code


def _clear(code: Assembler, kind: MishapKind) -> None:
    clear(code, _at(0), MISHAP_RECORD.size)
    code.constant(R1, KINDS_BY_MARK.index(kind))
    code.store(FRAME, _at(_MARK), R1, 1)


def _write(code: Assembler, output: Output) -> None:
    code.call(Helper.KTIME_GET_NS)
    code.store(FRAME, _at(0), R0, 8)
    output_record(code, _at(0), MISHAP_RECORD.size, output.ring, output.lost)


def _require_netns_of_socket(code: Assembler, btf: Btf, netns: int | None) -> None:
    """End unless the socket in R7 is in this namespace."""
    if netns is not None:
        load(code, R1, R7, required(btf, "sock_common", "skc_net.net"))
        _require_netns(code, btf, netns)


def _require_netns_of_device(code: Assembler, btf: Btf, netns: int | None) -> None:
    """End unless the interface of the segment in R8 is in this namespace."""
    if netns is not None:
        load(code, R1, R8, required(btf, "sk_buff", "dev"))
        code.jump_if_equal(R1, 0, "end")
        load(code, R1, R1, required(btf, "net_device", "nd_net.net"))
        _require_netns(code, btf, netns)


def _require_netns(code: Assembler, btf: Btf, netns: int) -> None:
    load(code, R1, R1, required(btf, "net", "ns.inum"))
    code.jump_unless_number(R1, netns, "end")


def _copy_socket(code: Assembler, btf: Btf) -> None:
    """State and cookie of the socket in R7, which the helper may be asked about."""
    copy(code, R7, required(btf, "sock_common", "skc_state"), _at(_STATE), "B")
    code.move(R1, R7)
    code.call(Helper.GET_SOCKET_COOKIE)
    code.store(FRAME, _at(8), R0, 8)


def _copy_ends_of_socket(code: Assembler, btf: Btf) -> None:
    copy_ends(code, btf, _at(0))
    code.load(R1, FRAME, _at(_PORTS), 2)
    code.store(FRAME, _at(_LOCAL_PORT), R1, 2)


def _copy_socket_of_segment(code: Assembler, btf: Btf, netns: int | None, has_receiver: bool) -> None:
    """The socket that the segment in R8 is for or from: the receiver that the kernel names, or the segment's own.

    The segment's own may not be given to a helper, so its cookie is read as it stands: 0 where nobody has asked for it
    yet. Its interface is looked at last: the kernel keeps other things there while a segment is in a queue.
    """
    if has_receiver:
        code.load(R7, R6, _RECEIVER, 8)
        code.jump_if_equal(R7, 0, "no receiver")
        _require_netns_of_socket(code, btf, netns)
        _copy_socket(code, btf)
        code.jump("segment")
        code.label("no receiver")
    load(code, R7, R8, required(btf, "sk_buff", "sk"))
    code.jump_if_equal(R7, 0, "no socket")
    _require_netns_of_socket(code, btf, netns)
    copy(code, R7, required(btf, "sock_common", "skc_state"), _at(_STATE), "B")
    copy(code, R7, required(btf, "sock_common", "skc_cookie"), _at(8), "Q")
    code.jump("segment")
    code.label("no socket")
    _require_netns_of_device(code, btf, netns)
    code.label("segment")


def _copy_segment(code: Assembler, btf: Btf, ports: Sequence[int] = ()) -> None:
    """Addresses, ports and flags of the segment in R8; ends the program for what is no TCP, or of none of the `ports`.

    R9 is the offset of the header to be read, from the beginning of the buffer.
    """
    load(code, R9, R8, required(btf, "sk_buff", "network_header"))
    load(code, R1, R8, required(btf, "sk_buff", "protocol"))
    code.jump_if_equal(R1, _ETH_P_IP, "IPv4 header")
    code.jump_unless_equal(R1, _ETH_P_IPV6, "end")
    _read_header(code, btf, _IP, _IPV6_BYTES)
    _require_scratch(code, _IP + 6, 1, IPPROTO_TCP)
    _copy_addresses(code, AF_INET6, _IP + 8, 16)
    code.constant(R1, _IPV6_BYTES)
    code.jump("TCP header")
    code.label("IPv4 header")
    _read_header(code, btf, _IP, _IPV4_BYTES)
    _require_scratch(code, _IP + 9, 1, IPPROTO_TCP)
    code.load(R1, FRAME, _scratch(_IP + 6), 2)
    code.mask(R1, _FRAGMENT_OFFSET)  # a later fragment has no TCP header
    code.jump_unless_equal(R1, 0, "end")
    _copy_addresses(code, AF_INET, _IP + 12, 4)
    code.load(R1, FRAME, _scratch(_IP), 1)
    code.mask(R1, 0xF)
    code.add(R1, R1)
    code.add(R1, R1)
    code.label("TCP header")
    code.add(R9, R1)
    _read_header(code, btf, _TCP, _TCP_BYTES)
    _copy_tcp(code, btf, ports)


def _copy_tcp(code: Assembler, btf: Btf, ports: Sequence[int]) -> None:
    """Ports and flags, and how far the bytes reach that may be trusted."""
    code.store(FRAME, _at(_TRANSPORT), R9, 4)
    load(code, R1, R8, required(btf, "sk_buff", "tail"))
    code.store(FRAME, _at(_TAIL), R1, 4)
    code.load(R1, FRAME, _scratch(_TCP + 13), 1)
    code.store(FRAME, _at(_FLAGS), R1, 1)
    code.load(R1, FRAME, _scratch(_TCP), 2)
    code.load(R2, FRAME, _scratch(_TCP + 2), 2)
    for port in ports:
        as_read = int.from_bytes(port.to_bytes(2), "little")
        code.jump_if_equal(R1, as_read, "wanted")
        code.jump_if_equal(R2, as_read, "wanted")
    if ports:
        code.jump("end")
        code.label("wanted")
    code.store(FRAME, _at(_PORTS), R1, 2)
    code.store(FRAME, _at(_PORTS + 2), R2, 2)
    code.load(R3, FRAME, _at(_PLACE), 1)
    code.jump_if_equal(R3, Place.SENT, "local first")
    code.move(R1, R2)
    code.label("local first")
    code.store(FRAME, _at(_LOCAL_PORT), R1, 2)


def _scratch(place: int) -> int:
    return _at(0) - _SCRATCH + place


def _read_header(code: Assembler, btf: Btf, place: int, size: int) -> None:
    """Copy a header at R9 from the buffer of the segment in R8 to `place` on the stack."""
    load(code, R3, R8, required(btf, "sk_buff", "head"))
    code.add(R3, R9)
    code.address(R1, FRAME, _scratch(place))
    code.constant(R2, size)
    code.call(Helper.PROBE_READ_KERNEL)
    code.jump_unless_equal(R0, 0, "end")


def _require_scratch(code: Assembler, place: int, size: int, value: int) -> None:
    code.load(R1, FRAME, _scratch(place), size)
    code.jump_unless_equal(R1, value, "end")


def _copy_addresses(code: Assembler, family: int, place: int, size: int) -> None:
    """Both addresses, which follow each other in the header, and their family."""
    code.constant(R1, family)
    code.store(FRAME, _at(_FAMILY), R1, 2)
    for address in (0, 1):
        for offset in range(0, size, 4):
            code.load(R1, FRAME, _scratch(place + address * size + offset), 4)
            code.store(FRAME, _at(_ADDRESSES + address * 16 + offset), R1, 4)
