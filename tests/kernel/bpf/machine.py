"""A machine that runs BPF programs on made-up structures (RFC 9669): as many instructions as the assembler writes."""

import struct
from collections.abc import Callable, Mapping

from tcpwatch.kernel.bpf.assembler import Helper

STACK_TOP = 1 << 15
MEMORY_BYTES = 1 << 16
_INSTRUCTION = struct.Struct("<BBhi")
_SIZES = {0x00: 4, 0x08: 2, 0x10: 1, 0x18: 8}
_LIMIT = 10_000
_MASK = (1 << 64) - 1


class Machine:
    """Memory, and helpers that are called with R1 to R5. `free` is where nothing was put yet."""

    def __init__(self, helpers: Mapping[Helper, Callable[..., int]]) -> None:
        self.memory = bytearray(MEMORY_BYTES)
        self.free = STACK_TOP + 8
        self._helpers = helpers

    def put(self, size: int) -> int:
        """The address of as many zeros."""
        address, self.free = self.free, self.free + size + 7 & ~7
        return address

    def write(self, address: int, value: int | bytes, size: int = 8) -> None:
        data = value if isinstance(value, bytes) else value.to_bytes(size, "little")
        self.memory[address : address + len(data)] = data

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.memory[address : address + size])

    def run(self, code: bytes, context: int) -> int:
        """What the program gives back."""
        program = list(_INSTRUCTION.iter_unpack(code))
        registers = [0] * 11
        registers[1], registers[10] = context, STACK_TOP
        place = 0
        for _ in range(_LIMIT):
            opcode, both, offset, immediate = program[place]
            to, source = both & 0xF, both >> 4
            place += 1
            size = _SIZES[opcode & 0x18]
            match opcode:
                case 0x61 | 0x69 | 0x71 | 0x79:
                    assert registers[source], "a null pointer is followed"
                    registers[to] = int.from_bytes(self.read(registers[source] + offset, size), "little")
                case 0x63 | 0x6B | 0x73 | 0x7B:
                    assert to != 10 or offset % size == 0, "a store that is not aligned"
                    self.write(registers[to] + offset, registers[source] & (1 << 8 * size) - 1, size)
                case 0xBF:
                    registers[to] = registers[source]
                case 0xB7:
                    registers[to] = immediate & _MASK
                case 0x07:
                    registers[to] = registers[to] + immediate & _MASK
                case 0x0F:
                    registers[to] = registers[to] + registers[source] & _MASK
                case 0x57:
                    registers[to] &= immediate & _MASK
                case 0x77:
                    registers[to] >>= immediate
                case 0x18:
                    registers[to] = immediate
                    place += 1
                case 0xDB:
                    old = int.from_bytes(self.read(registers[to] + offset, 8), "little")
                    self.write(registers[to] + offset, old + registers[source])
                case 0x05:
                    place += offset
                case 0x15:
                    place += offset if registers[to] == immediate & _MASK else 0
                case 0x55:
                    place += offset if registers[to] != immediate & _MASK else 0
                case 0x56:
                    place += offset if (registers[to] - immediate) & 0xFFFF_FFFF else 0
                case 0x5D:
                    place += offset if registers[to] != registers[source] else 0
                case 0x85:
                    registers[0] = self._helpers[Helper(immediate)](*registers[1:6])
                    registers[1:6] = [0xDEAD] * 5
                case 0x95:
                    return registers[0]
                case _:
                    raise AssertionError(f"opcode {opcode:#x}")
        raise AssertionError("the program does not end")
