"""Instructions that copy fields of the kernel's structures to the record on the stack. Pure."""

import struct

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.assembler import Assembler, Register
from tcpwatch.kernel.bpf.btf import Btf, Member

R1, FRAME = Register.R1, Register.FRAME


def required(btf: Btf, structure: str, path: str) -> Member:
    """A member that the program requires; SourceError if this kernel lacks it."""
    member = btf.member(structure, path)
    if member is None:
        raise SourceError(f"This kernel has no {path} in its {structure}.")
    return member


def clear(code: Assembler, frame: int, size: int) -> None:
    """Zero `size` bytes of the stack from `frame` on. Overwrites R1."""
    code.constant(R1, 0)
    for offset in range(0, size, 8):
        code.store(FRAME, frame + offset, R1, 8)


def load(code: Assembler, to: Register, base: Register, member: Member) -> None:
    """Load a number, possibly a bit-field, from the structure at `base`."""
    if not member.bits:
        code.load(to, base, member.offset, member.size)
        return
    first_bit = member.bit_offset % 8
    size = next(size for size in (1, 2, 4, 8) if first_bit + member.bits <= 8 * size)
    code.load(to, base, member.offset, size)
    code.shift_right(to, first_bit)
    code.mask(to, (1 << member.bits) - 1)


def copy(code: Assembler, base: Register, member: Member, place: int, width: str) -> None:
    """Copy one member of the structure at `base` to `place` on the stack, in the width of its field. Overwrites R1."""
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
