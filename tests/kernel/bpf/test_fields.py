"""The layout that follows from the table."""

import struct

from tcpwatch.kernel.bpf.btf import Btf
from tcpwatch.kernel.bpf.fields import COMMON_FIELDS, FULL, STRUCTURES, Field, Layout, locate
from tests.kernel.bpf.kernel_types import Tree, Types, made_up_kernel


def test_layout_aligns_every_field() -> None:
    layout = Layout([Field("a", "B", ()), Field("b", "Q", ()), Field("c", "2s", ()), Field("d", "I", ())])
    assert layout.offsets == {"b": 0, "d": 8, "c": 12, "a": 14}
    assert layout.size == 16


def test_layout_has_a_field_of_several_structures_once() -> None:
    layout = Layout([Field("a", "I", ("x",)), Field("a", "I", ("y",))])
    assert (layout.offsets, layout.size) == ({"a": 0}, 8)


def test_field_of_several_structures_has_one_width() -> None:
    widths: dict[str, set[str]] = {}
    for fields in (COMMON_FIELDS, *(fields for _, fields in STRUCTURES.values())):
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
    found = locate(btf, "tcp_sock", [Field("seq", "I", ("snd_una", "snd_nxt")), Field("none", "I", ("snd_una",))])
    assert found == {"seq": btf.member("tcp_sock", "snd_nxt")}


def test_keepalive_timer_of_kernels_that_have_one() -> None:
    """Linux 6.12.117 has both, and `sk_timer` no longer runs; in newer ones that is the retransmission's."""
    timer: Tree = {"entry": {"pprev": 8}, "expires": 8}
    types = Types()
    types.nested("tcp_sock", {"inet_conn": {"icsk_inet": {"sk": {"sk_timer": timer}}, "icsk_keepalive_timer": timer}})
    btf = Btf(types.data(), ["tcp_sock"])
    found = locate(btf, "tcp_sock", FULL)
    assert found["keepalive_expires"] == btf.member("tcp_sock", "inet_conn.icsk_keepalive_timer.expires")
    assert found["keepalive_runs"] == btf.member("tcp_sock", "inet_conn.icsk_keepalive_timer.entry.pprev")
