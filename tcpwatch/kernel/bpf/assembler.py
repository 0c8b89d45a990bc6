"""A small assembler for BPF (Documentation/bpf/standardization/instruction-set.rst; RFC 9669). Pure.

Only the instructions that the programs here need: loads, stores, constants, forward jumps to labels, helper calls.
"""

import struct
from enum import IntEnum

_INSTRUCTION = struct.Struct("<BBhi")  # opcode, source << 4 | destination, offset, immediate

# Opcodes, RFC 9669 §3-§5: class | mode or operation | size or source.
_LOAD, _STORE = 0x61, 0x63  # BPF_MEM | BPF_LDX and BPF_STX, of four bytes
_SIZES = {1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18}
_SIZE_MASK = 0x18
_LOAD_64, _MAP_FD, _MAP_VALUE = 0x18, 1, 2
_MOVE, _MOVE_CONSTANT = 0xBF, 0xB7
_ADD, _ADD_CONSTANT, _AND_CONSTANT, _SHIFT_RIGHT_CONSTANT = 0x0F, 0x07, 0x57, 0x77
_JUMP, _JUMP_IF_EQUAL, _JUMP_UNLESS_EQUAL = 0x05, 0x15, 0x55
_JUMP_UNLESS_EQUAL_32, _JUMP_UNLESS_SAME = 0x56, 0x5D
_CALL, _EXIT = 0x85, 0x95
_ATOMIC_ADD_64 = 0xDB


class Register(IntEnum):
    """R0 is the result of a call, R1 to R5 its arguments; R6 to R9 survive calls; FRAME is the end of the stack."""

    R0 = 0
    R1 = 1
    R2 = 2
    R3 = 3
    R4 = 4
    R5 = 5
    R6 = 6
    R7 = 7
    R8 = 8
    R9 = 9
    FRAME = 10


class Helper(IntEnum):
    """Kernel functions that a program may call, by number (include/uapi/linux/bpf.h)."""

    KTIME_GET_NS = 5
    GET_SOCKET_COOKIE = 46
    PROBE_READ_KERNEL = 113
    PROBE_READ_KERNEL_STRING = 115
    JIFFIES64 = 118
    SEQ_WRITE = 127
    RINGBUF_OUTPUT = 130
    SKC_TO_TCP_SOCK = 137
    SKC_TO_TCP_TIMEWAIT_SOCK = 138
    SKC_TO_TCP_REQUEST_SOCK = 139
    GET_TASK_STACK = 141
    GET_CURRENT_TASK_BTF = 158
    SOCK_FROM_FILE = 162
    TASK_PT_REGS = 175


class Assembler:
    """Collects instructions; `code` returns the program."""

    def __init__(self) -> None:
        self._instructions: list[tuple[int, int, int, int, int]] = []
        self._labels: dict[str, int] = {}
        self._jumps: dict[int, str] = {}

    def load(self, to: int, base: int, offset: int, size: int) -> None:
        """Register `to` = the `size` bytes at `base` + `offset`, zero-extended."""
        self._emit(_LOAD & ~_SIZE_MASK | _SIZES[size], to, base, offset)

    def store(self, base: int, offset: int, source: int, size: int) -> None:
        """Store the low `size` bytes of `source` at `base` + `offset`."""
        self._emit(_STORE & ~_SIZE_MASK | _SIZES[size], base, source, offset)

    def move(self, to: int, source: int) -> None:
        """Copy a register."""
        self._emit(_MOVE, to, source)

    def constant(self, to: int, value: int) -> None:
        """Load a 32-bit constant, sign-extended."""
        self._emit(_MOVE_CONSTANT, to, immediate=value)

    def address(self, to: int, base: int, offset: int) -> None:
        """Register `to` = `base` + `offset`."""
        self.move(to, base)
        self._emit(_ADD_CONSTANT, to, immediate=offset)

    def add(self, to: int, source: int) -> None:
        """Add a register to another."""
        self._emit(_ADD, to, source)

    def mask(self, register: int, value: int) -> None:
        """Clear all other bits."""
        self._emit(_AND_CONSTANT, register, immediate=value)

    def shift_right(self, register: int, bits: int) -> None:
        """Drop the low bits."""
        self._emit(_SHIFT_RIGHT_CONSTANT, register, immediate=bits)

    def map_handle(self, to: int, descriptor: int) -> None:
        """Load the map of a descriptor, as an argument of a helper."""
        self._wide(to, _MAP_FD, descriptor)

    def map_value(self, to: int, descriptor: int) -> None:
        """Load the address of the first value of an array map."""
        self._wide(to, _MAP_VALUE, descriptor)

    def atomic_add(self, base: int, source: int) -> None:
        """Add `source` atomically to the eight bytes at `base`."""
        self._emit(_ATOMIC_ADD_64, base, source)

    def jump(self, label: str) -> None:
        """Jump to `label`."""
        self._jump(_JUMP, 0, 0, label)

    def jump_if_equal(self, register: int, value: int, label: str) -> None:
        """Jump to `label` if the register equals `value`."""
        self._jump(_JUMP_IF_EQUAL, register, value, label)

    def jump_unless_equal(self, register: int, value: int, label: str) -> None:
        """Jump to `label` if the register does not equal `value`."""
        self._jump(_JUMP_UNLESS_EQUAL, register, value, label)

    def jump_unless_number(self, register: int, number: int, label: str) -> None:
        """Jump to `label` if the low 32 bits of the register are not this unsigned number."""
        self._jump(_JUMP_UNLESS_EQUAL_32, register, number - (number >> 31 << 32), label)

    def jump_unless_same(self, register: int, other: int, label: str) -> None:
        """Jump to `label` if the two registers differ."""
        self._jump(_JUMP_UNLESS_SAME, register, 0, label, other)

    def label(self, name: str) -> None:
        """Define the target of jumps to `name`."""
        self._labels[name] = len(self._instructions)

    def call(self, helper: Helper) -> None:
        """Call a helper with the arguments in R1 to R5, which it overwrites; R0 is the result."""
        self._emit(_CALL, immediate=helper)

    def exit(self) -> None:
        """Return 0."""
        self.constant(Register.R0, 0)
        self._emit(_EXIT)

    def code(self) -> bytes:
        """The program with all jumps resolved."""
        for place, label in self._jumps.items():
            opcode, to, source, _, immediate = self._instructions[place]
            self._instructions[place] = (opcode, to, source, self._labels[label] - place - 1, immediate)
        return b"".join(
            _INSTRUCTION.pack(opcode, source << 4 | to, offset, immediate)
            for opcode, to, source, offset, immediate in self._instructions
        )

    def _emit(self, opcode: int, to: int = 0, source: int = 0, offset: int = 0, immediate: int = 0) -> None:
        self._instructions.append((opcode, to, source, offset, immediate))

    def _wide(self, to: int, kind: int, descriptor: int) -> None:
        self._emit(_LOAD_64, to, kind, immediate=descriptor)
        self._emit(0)

    def _jump(self, opcode: int, register: int, value: int, label: str, other: int = 0) -> None:
        self._jumps[len(self._instructions)] = label
        self._emit(opcode, register, other, immediate=value)
