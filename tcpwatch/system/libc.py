"""System calls and structures that Python's standard library lacks or restricts."""

import ctypes
import errno
import os
import struct
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long

IFREQ = struct.Struct("16s H 14x")  # struct ifreq: name, first 16 bits of the value (netdevice(7))
IFF_UP = 0x1  # include/uapi/linux/if.h; the same on other systems

_CAPABILITY_VERSION_3 = 0x2008_0522  # include/uapi/linux/capability.h


def call(function: str, *arguments: Any) -> None:
    """Call a libc function that returns 0 on success; else raise OSError with its errno (ENOSYS: no such function)."""
    if not hasattr(LIBC, function):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if getattr(LIBC, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def prctl(operation: int, *values: int) -> None:
    """prctl(2), with up to four values."""
    call("prctl", operation, *(ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]))


def capset(mask: int, inheritable: int = 0, effective: int | None = None) -> None:
    """capset(2): permitted becomes `mask`, and effective too if it is not given.

    Capabilities not in `inheritable` leave the ambient set too.
    """
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    in_effect = mask if effective is None else effective
    halves = ((bits & 0xFFFF_FFFF, bits >> 32) for bits in (in_effect, mask, inheritable))
    low, high = zip(*halves, strict=True)
    call("capset", header, (ctypes.c_uint32 * 6)(*low, *high))


def system_call(number: int, *arguments: int | bytes | None) -> int:
    """syscall(2); returns what the kernel returns. Raises OSError with its errno. Integers are passed as longs."""
    words = (ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments)
    returned: int = LIBC.syscall(ctypes.c_long(number), *words)
    if returned == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return returned
