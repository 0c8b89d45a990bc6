"""Instructions as RFC 9669 encodes them, and what small programs do."""

import struct
from collections.abc import Callable

import pytest

from tcpwatch.kernel.bpf.assembler import Assembler, Helper, Register
from tests.kernel.bpf.machine import Machine

R0, R1, R2, FRAME = Register.R0, Register.R1, Register.R2, Register.FRAME


@pytest.mark.parametrize(
    ("write", "encoded"),
    [
        (lambda code: code.load(R1, R2, 8, 1), (0x71, 0x21, 8, 0)),
        (lambda code: code.load(R1, R2, 8, 2), (0x69, 0x21, 8, 0)),
        (lambda code: code.load(R1, R2, 8, 4), (0x61, 0x21, 8, 0)),
        (lambda code: code.load(R1, R2, 8, 8), (0x79, 0x21, 8, 0)),
        (lambda code: code.store(FRAME, -8, R1, 1), (0x73, 0x1A, -8, 0)),
        (lambda code: code.store(FRAME, -8, R1, 8), (0x7B, 0x1A, -8, 0)),
        (lambda code: code.move(R1, R2), (0xBF, 0x21, 0, 0)),
        (lambda code: code.constant(R1, -1), (0xB7, 0x01, 0, -1)),
        (lambda code: code.add(R1, R2), (0x0F, 0x21, 0, 0)),
        (lambda code: code.mask(R1, 15), (0x57, 0x01, 0, 15)),
        (lambda code: code.shift_right(R1, 4), (0x77, 0x01, 0, 4)),
        (lambda code: code.atomic_add(R1, R2), (0xDB, 0x21, 0, 0)),
        (lambda code: code.call(Helper.SEQ_WRITE), (0x85, 0, 0, 127)),
    ],
)
def test_instruction_is_encoded(write: Callable[[Assembler], None], encoded: tuple[int, ...]) -> None:
    code = Assembler()
    write(code)
    assert struct.unpack("<BBhi", code.code()) == encoded


def test_map_takes_two_instructions() -> None:
    code = Assembler()
    code.map_handle(R1, 7)
    code.map_value(R2, 8)
    assert list(struct.iter_unpack("<BBhi", code.code())) == [
        (0x18, 0x11, 0, 7), (0, 0, 0, 0), (0x18, 0x22, 0, 8), (0, 0, 0, 0),
    ]  # fmt: skip


def test_address_is_a_sum() -> None:
    code = Assembler()
    code.address(R2, FRAME, -16)
    assert list(struct.iter_unpack("<BBhi", code.code())) == [(0xBF, 0xA2, 0, 0), (0x07, 0x02, 0, -16)]


@pytest.mark.parametrize(
    ("jump", "taken"),
    [
        (lambda code: code.jump("there"), True),
        (lambda code: code.jump_if_equal(R1, 5, "there"), True),
        (lambda code: code.jump_if_equal(R1, 6, "there"), False),
        (lambda code: code.jump_unless_equal(R1, 5, "there"), False),
        (lambda code: code.jump_unless_equal(R1, 6, "there"), True),
        (lambda code: code.jump_unless_number(R1, 5, "there"), False),
        (lambda code: code.jump_unless_number(R1, 0xF000_0005, "there"), True),
    ],
)
def test_jump_to_a_label(jump: Callable[[Assembler], None], taken: bool) -> None:
    code = Assembler()
    code.move(R2, R1)
    code.constant(R1, 5)
    jump(code)
    code.store(R2, 0, R1, 8)
    code.label("there")
    code.exit()
    machine = Machine({})
    stored = machine.put(8)
    assert machine.run(code.code(), stored) == 0
    assert machine.read(stored, 8) == (bytes(8) if taken else (5).to_bytes(8, "little"))


def test_jump_compares_large_numbers_unsigned() -> None:
    """A namespace's inode number has the highest of 32 bits set."""
    machine = Machine({})
    context = machine.put(8)
    machine.write(context, 0xF000_0099, 4)
    code = Assembler()
    code.load(R2, R1, 0, 4)
    code.jump_unless_number(R2, 0xF000_0099, "other")
    code.store(R1, 0, FRAME, 8)
    code.label("other")
    code.exit()
    machine.run(code.code(), context)
    assert machine.read(context, 4) != (0xF000_0099).to_bytes(4, "little")
