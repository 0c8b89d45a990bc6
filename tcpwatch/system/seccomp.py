"""System calls that this process has no use for any more are refused to all its threads (seccomp(2)).

Rule: what is refused is named in one table; all else goes on. A refused call fails with EPERM, as without privilege.
The filter stays for good. It is classic BPF over `struct seccomp_data` (include/uapi/linux/seccomp.h, filter.h).
"""

import ctypes
import errno
import os
import struct
import sys
from typing import NamedTuple

from tcpwatch.system.libc import system_call


class Machine(NamedTuple):
    """What differs between machines: the token of their calls (audit.h), and the column of the table below."""

    audit_arch: int
    column: int


X86_64, GENERIC = 0, 1
MACHINES = {
    "x86_64": Machine(0xC000_003E, X86_64),
    "aarch64": Machine(0xC000_00B7, GENERIC),
    "riscv64": Machine(0xC000_00F3, GENERIC),
    "loongarch64": Machine(0xC000_0102, GENERIC),
}
X32_BIT = 0x4000_0000  # x86_64: the same calls once more, with this bit

# Call: its number on x86_64 (syscall_64.tbl), and elsewhere (include/uapi/asm-generic/unistd.h).
REFUSED = {
    # other programs
    "execve": (59, 221),
    "execveat": (322, 281),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    # other namespaces and mounts
    "setns": (308, 268),
    "unshare": (272, 97),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    # the kernel
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),  # its requests pass by this filter
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
BPF, SETSOCKOPT = (321, 280), (54, 208)
BPF_PROG_LOAD = 5  # reading goes on: each look at the table of sockets starts an iterator by bpf(2)
SOL_PACKET, PACKET_ADD_MEMBERSHIP = 263, 1  # promiscuous mode takes no capability, only a capture

SECCOMP = (317, 277)
SET_MODE_FILTER, TO_ALL_THREADS = 1, 1
ALLOW, REFUSE = 0x7FFF_0000, 0x0005_0000 | errno.EPERM

INSTRUCTION = struct.Struct("=HBBI")  # code, jumps where true and where false, value
LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, ARCH = 0, 4  # offsets in struct seccomp_data
ARGUMENTS = 16  # eight bytes each; the lower half comes first on all these machines


def refuse_system_calls() -> None:
    """Refuse these calls for good, to all threads. Raises OSError where the kernel, or this program, knows no way."""
    machine = MACHINES.get(os.uname().machine) if sys.maxsize > 1 << 32 else None
    if machine is None or sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"no filter for {os.uname().machine}")
    instructions = build_filter(machine)
    program = ctypes.create_string_buffer(instructions, len(instructions))
    header = struct.pack("@HP", len(instructions) // INSTRUCTION.size, ctypes.addressof(program))  # struct sock_fprog
    refused_by = system_call(SECCOMP[machine.column], SET_MODE_FILTER, TO_ALL_THREADS, header)
    if refused_by:
        raise OSError(errno.EBUSY, f"thread {refused_by} has a filter of its own")


def build_filter(machine: Machine) -> bytes:
    """The filter as the kernel takes it: each call is compared with each number."""
    calls = [_refuse(numbers[machine.column]) for numbers in REFUSED.values()]
    return b"".join(
        (
            *(_pack(LOAD, ARCH), _pack(JUMP_EQUAL, machine.audit_arch, true=1), _pack(RETURN, REFUSE)),
            *(_pack(LOAD, NUMBER), _pack(JUMP_GREATER_EQUAL, X32_BIT, false=1), _pack(RETURN, REFUSE)),
            *calls,
            _refuse(BPF[machine.column], (0, BPF_PROG_LOAD)),
            _refuse(SETSOCKOPT[machine.column], (1, SOL_PACKET), (2, PACKET_ADD_MEMBERSHIP)),
            _pack(RETURN, ALLOW),
        )
    )


def _refuse(number: int, *arguments: tuple[int, int]) -> bytes:
    """Refuse the call with this number, where these of its arguments (int) have these values; else go on behind it."""
    if not arguments:
        return _pack(JUMP_EQUAL, number, false=1) + _pack(RETURN, REFUSE)
    behind = 2 * len(arguments) + 2  # a load and a jump for each argument, the return, and the number loaded again
    code = [_pack(JUMP_EQUAL, number, false=behind)]
    for place, value in arguments:
        behind -= 2
        code += [_pack(LOAD, ARGUMENTS + 8 * place), _pack(JUMP_EQUAL, value, false=behind - 1)]
    return b"".join((*code, _pack(RETURN, REFUSE), _pack(LOAD, NUMBER)))


def _pack(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    return INSTRUCTION.pack(code, true, false, value)
