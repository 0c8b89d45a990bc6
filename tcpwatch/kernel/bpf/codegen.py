"""Instructions that copy from the kernel's structures to the stack, where a program gathers its record. Pure."""

import struct

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.assembler import Assembler, Register
from tcpwatch.kernel.bpf.btf import Btf, Member

R1, FRAME = Register.R1, Register.FRAME


def required(btf: Btf, structure: str, path: str) -> Member:
    """A member that a program cannot do without; SourceError where this kernel lacks it."""
    member = btf.member(structure, path)
    if member is None:
        raise SourceError(f"This kernel has no {path} in its {structure}.")
    return member


def clear(code: Assembler, frame: int, size: int) -> None:
    """Zero the stack from `frame` on. R1 is used up."""
    code.constant(R1, 0)
    for offset in range(0, size, 8):
        code.store(FRAME, frame + offset, R1, 8)


def load(code: Assembler, to: Register, base: Register, member: Member) -> None:
    """A number from the structure at `base`, also where it is a bit-field."""
    if not member.bits:
        code.load(to, base, member.offset, member.size)
        return
    first_bit = member.bit_offset % 8
    size = next(size for size in (1, 2, 4, 8) if first_bit + member.bits <= 8 * size)
    code.load(to, base, member.offset, size)
    code.shift_right(to, first_bit)
    code.mask(to, (1 << member.bits) - 1)


def copy(code: Assembler, base: Register, member: Member, place: int, width: str) -> None:
    """One member of the structure at `base`, to `place` on the stack in the width of its field. R1 is used up."""
    size = struct.calcsize(width)
    if width.endswith("s"):
        for offset in range(0, size, 4):
            step = min(4, size - offset)
            code.load(R1, base, member.offset + offset, step)
            code.store(FRAME, place + offset, R1, step)
    elif width == "?":
        none = f"nothing for {place}"
        load(code, R1, base, member)
        code.jump_if_equal(R1, 0, none)
        code.constant(R1, 1)
        code.store(FRAME, place, R1, size)
        code.label(none)
    else:
        load(code, R1, base, member)
        code.store(FRAME, place, R1, size)
