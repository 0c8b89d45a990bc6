from struct import pack

import pytest

from tests.wire.captures import block, interface, option, packet, records_and_error, section

IF_TSRESOL = 9
IF_TSOFFSET = 14
YEAR_2262 = (1 << 63) - 1


def error_of(content: bytes) -> str:
    _, error = records_and_error(content)
    assert error is not None
    return error


@pytest.mark.parametrize("order", ["<", ">"])
def test_enhanced_packet(order: str) -> None:
    content = section(order) + interface(113, order) + packet(b"frame", order, ticks=5 << 32)
    assert records_and_error(content) == ([((5 << 32) * 1000, 113, b"frame", 5)], None)


def test_sections_have_byte_order_and_interfaces_of_their_own() -> None:
    content = section("<") + interface(1) + packet() + section(">") + interface(101, ">") + packet(b"other", ">")
    records, error = records_and_error(content + section("<") + packet())
    assert [record[1:3] for record in records] == [(1, b"frame"), (101, b"other")]
    assert error is not None
    assert "block 8 at byte 204 is a packet of interface 0; 0 are declared" in error


def test_interfaces_of_different_link_types() -> None:
    content = section() + interface(1) + interface(0) + packet(number=1) + packet(number=0)
    assert [record[1] for record in records_and_error(content)[0]] == [0, 1]


def test_simple_packet_ends_at_the_snaplen_of_its_interface() -> None:
    simple = block(3, pack("<I", 60) + b"abcdefgh")
    assert records_and_error(section() + interface(snaplen=6) + simple)[0] == [(0, 1, b"abcdef", 60)]


def test_simple_packet_without_snaplen() -> None:
    simple = block(3, pack("<I", 5) + b"frame")
    assert records_and_error(section() + interface(snaplen=0) + simple)[0] == [(0, 1, b"frame", 5)]


def test_obsolete_packet() -> None:
    old = block(2, pack("<HHIIII", 1, 9, 0, 7, 5, 60) + b"frame")
    assert records_and_error(section() + interface() + interface(12) + old)[0] == [(7_000, 12, b"frame", 60)]


@pytest.mark.parametrize(
    ("options", "ticks", "time_ns"),
    [
        (b"", 7, 7_000),
        (option(IF_TSRESOL, b"\x09"), 7, 7),
        (option(IF_TSRESOL, b"\x00"), 7, 7_000_000_000),
        (option(IF_TSRESOL, b"\x0c"), 7_999, 7),
        (option(IF_TSRESOL, b"\x8a"), 1_536, 1_500_000_000),
        (option(IF_TSRESOL, b"\x09") + option(IF_TSOFFSET, pack("<q", 3)), 7, 3_000_000_007),
        (option(IF_TSRESOL, b"\x09") + option(IF_TSOFFSET, pack("<q", -3)), 7, 0),
        (option(IF_TSOFFSET, pack("<q", 1 << 62)), 7, YEAR_2262),
        (option(IF_TSRESOL, b"\x00"), (1 << 64) - 1, YEAR_2262),
        (option(2, b"name") + option(0, b"") + b"\x00\x00\x00\x00", 7, 7_000),
        (pack("<HH", 2, 4000) + b"abcd", 7, 7_000),
    ],
    ids=[
        "microseconds",
        "nanoseconds",
        "seconds",
        "picoseconds",
        "binary",
        "offset",
        "before 1970",
        "offset absurd",
        "ticks absurd",
        "name",
        "option past the end",
    ],
)
def test_clock_of_an_interface(options: bytes, ticks: int, time_ns: int) -> None:
    content = section() + interface(options=options) + packet(ticks=ticks)
    assert [record[0] for record in records_and_error(content)[0]] == [time_ns]


@pytest.mark.parametrize("resolution", [b"\x7f", b"\xff"], ids=["decimal", "binary"])
def test_clock_that_cannot_be(resolution: bytes) -> None:
    content = section() + interface(options=option(IF_TSRESOL, resolution))
    assert "block 2 at byte 28 claims a clock of" in error_of(content)


@pytest.mark.parametrize("kind", [4, 5, 10, 0x0BAD, 0x4000_0BAD, 0x8000_0001], ids=hex)
def test_block_of_another_kind_is_passed_over(kind: int) -> None:
    content = section() + block(kind, b"\x1b[2J secret") + interface() + block(kind, b"") + packet()
    records, error = records_and_error(content)
    assert (len(records), error) == (1, None)


@pytest.mark.parametrize("content", [section(), section() + interface()], ids=["section", "interface"])
def test_file_without_packets(content: bytes) -> None:
    assert records_and_error(content) == ([], None)


DAMAGED = {
    "length 0": (block(5, b"", length=0), "claims 0 bytes; a block has 12 or more"),
    "length 8": (block(5, b"", length=8), "claims 8 bytes; a block has 12 or more"),
    "length 13": (block(5, b"", length=13), "claims 13 bytes; a block has 12 or more, in fours"),
    "length 1 GiB": (block(5, b"", length=1 << 30), "claims 1,073,741,824 bytes; the limit is 16,777,216"),
    "trailer": (block(5, b"", trailer=16), "claims 12 bytes where it begins and 16 where it ends"),
    "unknown interface": (packet(number=99), "is a packet of interface 99; 1 are declared"),
    "packet beyond its block": (packet(captured=9), "is a packet that claims 9 bytes; the block has 8"),
    "packet beyond the limit": (
        packet(bytes(262_145)),
        "is a packet that claims 262,145 bytes; the limit is 262,144",
    ),
    "packet without fields": (block(6, b"abcd"), "is too short for its kind"),
    "byte-order mark": (block(0x0A0D0D0A, b"\x00" * 16), "has the byte-order mark 00000000"),
    "version": (section(version=(2, 0)), "begins a section of version 2.0; only 1.0 can be read"),
}


@pytest.mark.parametrize(("damage", "claim"), DAMAGED.values(), ids=DAMAGED)
def test_damage_ends_the_file_after_the_packets_before_it(damage: bytes, claim: str) -> None:
    records, error = records_and_error(section() + interface() + packet() + damage + packet())
    assert len(records) == 1
    assert error is not None
    assert error.startswith(f"block 4 at byte 88 {claim}")


@pytest.mark.parametrize(("left", "claimed"), [(7, 12), (50, 112)])
def test_block_cut_short(left: int, claimed: int) -> None:
    records, error = records_and_error(section() + interface() + packet() + block(5, bytes(100))[:left])
    assert len(records) == 1
    assert error is not None
    assert error.startswith(f"block 4 at byte 88 claims {claimed} bytes; the file ends after {left}.")


def test_interfaces_beyond_the_limit() -> None:
    content = section() + interface() * 4_096
    assert records_and_error(content) == ([], None)
    assert "one interface more than the limit of 4,096" in error_of(content + interface())
