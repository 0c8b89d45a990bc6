"""The layout that follows from the table."""

import struct

from tcpwatch.kernel.bpf.fields import COMMON, STRUCTURES, Field, Layout, located
from tests.kernel.bpf.kernel_types import made_up_kernel


def test_layout_aligns_every_field() -> None:
    layout = Layout([Field("a", "B", ()), Field("b", "Q", ()), Field("c", "2s", ()), Field("d", "I", ())])
    assert layout.offsets == {"b": 0, "d": 8, "c": 12, "a": 14}
    assert layout.size == 16


def test_layout_has_a_field_of_several_structures_once() -> None:
    layout = Layout([Field("a", "I", ("x",)), Field("a", "I", ("y",))])
    assert (layout.offsets, layout.size) == ({"a": 0}, 8)


def test_field_of_several_structures_has_one_width() -> None:
    widths: dict[str, set[str]] = {}
    for fields in (COMMON, *(fields for _, fields in STRUCTURES.values())):
        for field in fields:
            widths.setdefault(field.name, set()).add(field.width)
    assert {name for name, found in widths.items() if len(found) > 1} == set()


def test_selection_in_any_order() -> None:
    layout = Layout([Field("a", "Q", ()), Field("b", "I", ()), Field("c", "I", ()), Field("d", "B", ())])
    names, unpacker = layout.selection("d b")
    assert names == ("b", "d")
    assert unpacker.unpack_from(struct.pack("=QIIB", 1, 2, 3, 4)) == (2, 4)


def test_located_takes_the_first_path_that_there_is() -> None:
    btf = made_up_kernel("snd_una")
    found = located(btf, "tcp_sock", [Field("seq", "I", ("snd_una", "snd_nxt")), Field("none", "I", ("snd_una",))])
    assert found == {"seq": btf.member("tcp_sock", "snd_nxt")}
