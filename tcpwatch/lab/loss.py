"""Loss without a broken network: a filter on one socket that drops every segment that arrives for it.

The segment has crossed the wire by then and a capture shows it; the socket never learns of it. Classic BPF on a socket
of one's own (socket(7), SO_ATTACH_FILTER); a listener's filter is inherited by the connections that it accepts.
"""

import ctypes
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27  # include/uapi/asm-generic/socket.h
INSTRUCTION = struct.Struct("=HBBI")  # struct sock_filter: code, jump if true, jump if false, constant
# include/uapi/linux/bpf_common.h: BPF_LD | BPF_W | BPF_LEN, BPF_JMP | BPF_JGT | BPF_K, BPF_RET | BPF_K
LOAD_LENGTH, JUMP_IF_GREATER, RETURN_CONSTANT = 0x80, 0x25, 0x06
KEEP, DROP = INSTRUCTION.pack(RETURN_CONSTANT, 0, 0, 0xFFFF_FFFF), INSTRUCTION.pack(RETURN_CONSTANT, 0, 0, 0)


def drop_incoming(deaf: socket.socket) -> None:
    """From now on this socket receives nothing. OSError where the system does not allow it."""
    _attach(deaf, DROP)


def drop_larger_than(length: int, deaf: socket.socket) -> None:
    """From now on this socket receives no segment of more bytes, TCP header included."""
    _attach(deaf, INSTRUCTION.pack(LOAD_LENGTH, 0, 0, 0), INSTRUCTION.pack(JUMP_IF_GREATER, 1, 0, length), KEEP, DROP)


def let_through(deaf: socket.socket) -> None:
    """From now on this socket receives again."""
    deaf.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


def _attach(deaf: socket.socket, *instructions: bytes) -> None:
    program = ctypes.create_string_buffer(b"".join(instructions))
    filter_of = struct.pack("@HP", len(instructions), ctypes.addressof(program))
    deaf.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_of)


@contextmanager
def lossy(deaf: socket.socket) -> Iterator[None]:
    """What is sent to this socket meanwhile is lost."""
    drop_incoming(deaf)
    try:
        yield
    finally:
        let_through(deaf)
