"""bpf(2): loads programs and reads their output. A refusal is a SourceError with the reason.

Loading needs CAP_BPF and CAP_PERFMON. Reading needs only the descriptor (Linux 6.1 and newer).
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from pathlib import Path

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.assembler import Assembler
from tcpwatch.kernel.bpf.btf import Btf, Kind
from tcpwatch.kernel.bpf.programs import BTF_TYPES
from tcpwatch.system.libc import LIBC

BTF_FILE = Path("/sys/kernel/btf/vmlinux")

# Supported machines; all are little-endian.
_SYS_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "loongarch64": 280, "ppc64le": 361}

# include/uapi/linux/bpf.h: union bpf_attr, as each command reads it.
_PROGRAM = struct.Struct("=II QQ II Q II 16s II 36x I 16x")
_MAP = struct.Struct("=IIIII 8x 16s 28x")
_LINK = struct.Struct("=IIII 48x")
_TRACEPOINT = struct.Struct("=QI 4x")
_ITERATOR = struct.Struct("=II")
_PROGRAM_TYPE_TRACING = 26
_NAME = b"tcpwatch"
_LICENSE = b"GPL"  # some helpers require it
_LOG_BYTES = 1 << 18
_READ_BYTES = 1 << 16  # an iterator returns at most 32 KiB


class Command(IntEnum):
    """Commands of bpf(2)."""

    MAP_CREATE = 0
    PROGRAM_LOAD = 5
    RAW_TRACEPOINT_OPEN = 17
    LINK_CREATE = 28
    ITERATOR_CREATE = 33


class MapType(IntEnum):
    """Kinds of map."""

    ARRAY = 2
    RING_BUFFER = 27


class Attach(IntEnum):
    """What a tracing program is attached to."""

    TRACEPOINT = 23
    ITERATOR = 28


MAP_MMAPABLE = 1 << 10

RunInThread = Callable[[Callable[[], int]], int]
"""Calls the function in a certain thread and returns its result."""

ReadRecords = Callable[[], Iterable[bytes]]
"""Runs an iterator once and returns what it wrote, in whole records."""

_NOT_ALLOWED = (None, errno.EPERM, errno.ENOSYS)


def check_permission() -> None:
    """Raise SourceError if this user may not load programs. Cheap, so it is called first."""
    code = Assembler()
    code.exit()
    try:
        _try_to_load(code.code(), Attach.ITERATOR, 0, None)
    except SourceError as refusal:
        if _errno(refusal) in _NOT_ALLOWED:  # any other error is about the empty program
            raise


def read_btf(path: Path = BTF_FILE) -> Btf:
    """This kernel's type information; SourceError if it has none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"This kernel offers no type information for BPF: {path} ({error.strerror}).") from error
    return Btf(data, BTF_TYPES)


def load_iterator(code: bytes, btf: Btf, target: str) -> int:
    """Load a program for the iterator `bpf_iter_TARGET`; returns the descriptor of its link, for `read_iterator`."""
    program = _load(code, Attach.ITERATOR, btf.type_id(f"bpf_iter_{target}", Kind.FUNC))
    try:
        return _bpf(Command.LINK_CREATE, _LINK.pack(program, 0, Attach.ITERATOR, 0))
    finally:
        os.close(program)


def load_tracepoint(code: bytes, btf: Btf, name: str) -> int:
    """Load a program and attach it to a tracepoint; it runs as long as the descriptor is open."""
    program = _load(code, Attach.TRACEPOINT, btf.type_id(f"btf_trace_{name}", Kind.TYPEDEF))
    try:
        return _bpf(Command.RAW_TRACEPOINT_OPEN, _TRACEPOINT.pack(0, program))
    finally:
        os.close(program)


def create_map(kind: MapType, key_bytes: int, value_bytes: int, entries: int, flags: int = 0) -> int:
    """Create a map; returns its descriptor."""
    return _bpf(Command.MAP_CREATE, _MAP.pack(kind, key_bytes, value_bytes, entries, flags, _NAME))


def _at_once(work: Callable[[], int]) -> int:
    return work()


def read_iterator(link: int, run: RunInThread = _at_once) -> Iterator[bytes]:
    """Run an iterator once; yields its output in whole records.

    It sees the namespaces of the thread in which `run` calls its argument, by default the calling thread.
    """
    iterator = run(lambda: _bpf(Command.ITERATOR_CREATE, _ITERATOR.pack(link, 0)))
    try:
        while chunk := _read(iterator):
            yield chunk
    finally:
        os.close(iterator)


def _read(iterator: int) -> bytes:
    while True:
        try:
            return os.read(iterator, _READ_BYTES)
        except BlockingIOError:  # after a million sockets without a record
            continue
        except OSError as error:
            raise SourceError(f"The kernel broke off its list of sockets ({error.strerror}).") from error


def _load(code: bytes, attach: Attach, target: int) -> int:
    """Load a program; if the verifier refuses it, load it again to get the log."""
    try:
        return _try_to_load(code, attach, target, None)
    except SourceError as refusal:
        if _errno(refusal) in _NOT_ALLOWED:
            raise
    log = ctypes.create_string_buffer(_LOG_BYTES)
    try:
        return _try_to_load(code, attach, target, log)
    except SourceError as refusal:
        reasons = log.value.decode(errors="replace").splitlines()
        raise SourceError(f"{refusal} {_last_reason(reasons)}".rstrip()) from refusal


def _try_to_load(code: bytes, attach: Attach, target: int, log: "ctypes.Array[ctypes.c_char] | None") -> int:
    instructions = ctypes.create_string_buffer(code, len(code))
    license_text = ctypes.create_string_buffer(_LICENSE)
    attributes = _PROGRAM.pack(
        *(_PROGRAM_TYPE_TRACING, len(code) // 8),
        *(ctypes.addressof(instructions), ctypes.addressof(license_text)),
        *((1, _LOG_BYTES, ctypes.addressof(log)) if log is not None else (0, 0, 0)),
        *(0, 0, _NAME, 0, attach, target),
    )
    return _bpf(Command.PROGRAM_LOAD, attributes)


def _errno(refusal: SourceError) -> int | None:
    """The kernel's errno; None if there was no system call."""
    return refusal.__cause__.errno if isinstance(refusal.__cause__, OSError) else None


def _last_reason(log: list[str]) -> str:
    """The verifier's last message before its statistics."""
    verdicts = [
        line for line in log if line and not line.startswith(("processed ", "verification time", "stack depth"))
    ]
    return f"The verifier says: {verdicts[-1]}" if verdicts else ""


def _bpf(command: Command, attributes: bytes) -> int:
    number = _SYS_BPF.get(platform.machine())
    if platform.system() != "Linux" or number is None:
        raise SourceError(f"BPF programs are not made for {platform.system()} on {platform.machine()}.")
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    result: int = LIBC.syscall(ctypes.c_long(number), ctypes.c_int(command), buffer, ctypes.c_uint(len(attributes)))
    if result >= 0:
        return result
    reason = ctypes.get_errno()
    error = OSError(reason, os.strerror(reason))
    raise SourceError(f"{_REFUSALS.get(reason, 'The kernel refuses a BPF program')} ({error.strerror}).") from error


_REFUSALS = {
    errno.EPERM: "BPF programs need CAP_BPF and CAP_PERFMON, and a kernel that is not locked down",
    errno.ENOSYS: "This kernel has no BPF",
    errno.ENOMEM: "BPF programs find no memory, or more than RLIMIT_MEMLOCK allows",
}
