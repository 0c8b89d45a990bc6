"""Single members copied to the stack, where that is not a matter of course."""

import pytest

from tcpwatch.kernel.bpf.assembler import Assembler, Register
from tcpwatch.kernel.bpf.btf import Member
from tcpwatch.kernel.bpf.codegen import clear, copy, load
from tests.kernel.bpf.machine import STACK_TOP, Machine

R1, R2, FRAME = Register.R1, Register.R2, Register.FRAME


def stack_after(code: Assembler, structure: bytes) -> bytes:
    """The last 16 bytes of the stack, which begins as ones, after a program with `structure` in R1."""
    machine = Machine({})
    address = machine.put(len(structure))
    machine.write(address, structure)
    machine.write(STACK_TOP - 16, b"\xff" * 16)
    code.exit()
    machine.run(code.code(), address)
    return machine.read(STACK_TOP - 16, 16)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        (Member(0, 8, 4, 1), 0x2),
        (Member(0, 12, 4, 1), 0x1),
        (Member(0, 12, 8, 2), 0x41),  # over the end of a byte
        (Member(0, 16, 20, 4), 0x8_6534),
    ],
)
def test_bit_field(member: Member, value: int) -> None:
    code = Assembler()
    load(code, R2, R1, member)
    code.store(FRAME, -8, R2, 8)
    assert stack_after(code, bytes.fromhex("0012346578000000"))[8:] == value.to_bytes(8, "little")


@pytest.mark.parametrize(("pointer", "flag"), [(bytes(8), 0), (b"\0\0\0\0\1\0\0\0", 1)])
def test_whether_there_is_anything(pointer: bytes, flag: int) -> None:
    code = Assembler()
    code.move(R2, R1)
    clear(code, -16, 16)
    copy(code, R2, Member(0, 0, 0, 8), -16, "?")
    assert stack_after(code, pointer) == bytes([flag]) + bytes(15)


def test_bytes_that_four_do_not_divide() -> None:
    code = Assembler()
    code.move(R2, R1)
    copy(code, R2, Member(0, 8, 0, 6), -16, "6s")
    assert stack_after(code, b"abcdefgh") == b"bcdefg" + b"\xff" * 10


def test_number_narrower_than_its_field() -> None:
    """As on machines of 32 bits."""
    code = Assembler()
    code.move(R2, R1)
    copy(code, R2, Member(0, 0, 0, 4), -16, "Q")
    assert stack_after(code, b"\1\2\3\4") == b"\1\2\3\4" + bytes(4) + b"\xff" * 8
