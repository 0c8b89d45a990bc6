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
RETURN_CONSTANT = 0x06  # BPF_RET | BPF_K: how many bytes of the segment to keep


def drop_incoming(deaf: socket.socket) -> None:
    """From now on this socket receives nothing. OSError where the system does not allow it."""
    program = ctypes.create_string_buffer(struct.pack("=HBBI", RETURN_CONSTANT, 0, 0, 0))
    deaf.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", 1, ctypes.addressof(program)))


def let_through(deaf: socket.socket) -> None:
    """From now on this socket receives again."""
    deaf.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


@contextmanager
def lossy(deaf: socket.socket) -> Iterator[None]:
    """What is sent to this socket meanwhile is lost."""
    drop_incoming(deaf)
    try:
        yield
    finally:
        let_through(deaf)
