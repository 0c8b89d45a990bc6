"""Members of structures found by name, in types that are made up and in those of this kernel."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.btf import Btf, Kind, Member
from tests.kernel.bpf.kernel_types import Types

VMLINUX = Path("/sys/kernel/btf/vmlinux")


def place(types: Types, path: str) -> Member | None:
    return Btf(types.data(), ["outer"]).member("outer", path)


def test_member_of_a_structure() -> None:
    types = Types()
    number = types.number(4)
    types.structure("outer", [("first", number, 0), ("second", number, 32)], 8)
    found = place(types, "second")
    assert found == Member(number, 32, 0, 4)
    assert found.offset == 4


def test_member_of_a_structure_within() -> None:
    types = Types()
    inner = types.structure("inner", [("x", types.number(2), 16)], 4)
    types.structure("outer", [("first", types.number(8), 0), ("inner", types.alias("t", inner, Kind.CONST), 64)], 12)
    found = place(types, "inner.x")
    assert found is not None
    assert (found.offset, found.size) == (10, 2)


@pytest.mark.parametrize("kind", [Kind.STRUCT, Kind.UNION])
def test_member_of_something_nameless(kind: Kind) -> None:
    types = Types()
    nameless = types.structure("", [("x", types.number(4), 32)], 8, kind)
    types.structure("outer", [("", nameless, 64)], 16)
    found = place(types, "x")
    assert found is not None
    assert found.offset == 12


def test_member_of_an_array() -> None:
    types = Types()
    element = types.structure("element", [("v", types.number(4), 32)], 8)
    types.structure("outer", [("s", types.array(types.alias("t", element), 3), 64)], 32)
    found = place(types, "s[2].v")
    assert found is not None
    assert found.offset == 8 + 16 + 4


def test_member_that_is_an_array() -> None:
    types = Types()
    types.structure("outer", [("name", types.array(types.number(1), 16), 0)], 16)
    found = place(types, "name")
    assert found is not None
    assert found.size == 16


def test_member_that_is_a_pointer() -> None:
    types = Types()
    types.structure("outer", [("next", types.pointer(), 0)], 8)
    found = place(types, "next")
    assert found is not None
    assert found.size == 8


def test_member_that_is_a_bit_field() -> None:
    types = Types()
    types.bit_fields("outer", [("low", types.number(1), 8, 4), ("high", types.number(1), 12, 4)], 4)
    assert place(types, "high") == Member(2, 12, 4, 1)


@pytest.mark.parametrize("path", ["absent", "x.absent", "absent.x"])
def test_member_that_this_kernel_lacks(path: str) -> None:
    types = Types()
    types.structure("outer", [("x", types.number(4), 0)], 4)
    assert place(types, path) is None


def test_anonymous_structure_containing_itself_ends() -> None:
    types = Types()
    types.structure("outer", [("", 1, 0)], 4)
    assert place(types, "x") is None


def test_typedef_of_itself_ends() -> None:
    types = Types()
    types.structure("outer", [("x", 2, 0)], 4)
    types.alias("itself", 2)
    assert place(types, "x.y") is None


def test_kinds_with_the_same_name_are_distinguished() -> None:
    types = Types()
    function = types.function("tcp")
    structure = types.structure("tcp", [], 0)
    alias = types.alias("tcp", structure)
    btf = Btf(types.data(), ["tcp"])
    assert [btf.type_id("tcp", kind) for kind in (Kind.FUNC, Kind.STRUCT, Kind.TYPEDEF)] == [function, structure, alias]


def test_type_that_this_kernel_lacks() -> None:
    with pytest.raises(SourceError, match="no bpf_iter_tcp"):
        Btf(Types().data(), ["bpf_iter_tcp"]).type_id("bpf_iter_tcp", Kind.FUNC)


@pytest.mark.parametrize("data", [b"", b"\x9f\xeb", bytes(24)])
def test_data_that_is_no_btf(data: bytes) -> None:
    with pytest.raises(SourceError, match="type information"):
        Btf(data, [])


@settings(deadline=None)
@given(st.data())
def test_damaged_data_is_a_domain_error_or_read(data: st.DataObject) -> None:
    types = Types()
    inner = types.structure("", [("x", types.array(types.number(4), 2), 0)], 8)
    types.structure("outer", [("", types.alias("t", inner), 0), ("y", inner, 64)], 16)
    damaged = bytearray(types.data())
    position = data.draw(st.integers(0, len(damaged) - 1))
    damaged[position] = data.draw(st.integers(0, 255))
    try:
        btf = Btf(bytes(damaged), ["outer"])
        btf.member("outer", "x[1]")
        btf.member("outer", "y.x")
    except SourceError:
        pass


@pytest.mark.e2e
@pytest.mark.skipif(not VMLINUX.exists(), reason="this kernel offers no BTF")
def test_this_kernel_is_read() -> None:
    btf = Btf(VMLINUX.read_bytes(), ["tcp_sock", "bpf_iter_tcp"])
    una, nxt = btf.member("tcp_sock", "snd_una"), btf.member("tcp_sock", "snd_nxt")
    assert una is not None
    assert nxt is not None
    assert (una.size, nxt.size) == (4, 4)
    assert una.offset != nxt.offset
    assert btf.type_id("bpf_iter_tcp", Kind.FUNC) > 0


def test_names_of_an_enumeration() -> None:
    types = Types()
    types.enumeration("outer", {"NONE": 0, "FIRST": 7})
    found = Btf(types.data(), ["outer", "other"])
    assert found.names_by_value("outer") == {0: "NONE", 7: "FIRST"}
    assert found.names_by_value("other") == {}


def test_arguments_of_a_tracepoint() -> None:
    types = Types()
    types.alias("btf_trace_happens", types.pointer(to=types.prototype(4)))
    types.alias("btf_trace_odd", types.pointer(to=types.number(4)))
    found = Btf(types.data(), ["btf_trace_happens", "btf_trace_odd"])
    assert found.arguments("happens") == 3
    with pytest.raises(SourceError, match="damaged"):
        found.arguments("odd")
    with pytest.raises(SourceError, match="no btf_trace_other"):
        found.arguments("other")
