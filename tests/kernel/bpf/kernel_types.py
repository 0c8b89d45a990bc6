"""Type information as a kernel would give it, for a kernel that a test makes up."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tcpwatch.kernel.bpf import programs
from tcpwatch.kernel.bpf.btf import Btf, Kind
from tcpwatch.kernel.bpf.fields import BBR_FIELDS, COMMON_FIELDS, CONGESTION_ROOM, LINKED_FIELDS, STRUCTURES, Field

INT = 1
BIT_FIELDS = 1 << 31
ROOM_BYTES = 104  # for what a congestion control keeps of its own


@dataclass
class Packed:
    """Members that share a byte: where in it each begins, and its width in bits."""

    members: Mapping[str, tuple[int, int]]


Tree = int | Mapping[str, "Tree"] | Packed
"""A number's size in bytes, or a structure's members."""

WINDOW_SCALES = Packed({"snd_wscale": (0, 4), "rcv_wscale": (4, 4)})


class Types:
    """Puts BTF together, type by type; each method gives the number of the type it adds."""

    def __init__(self) -> None:
        self._strings = b"\0"
        self._types = b""
        self._count = 0

    def data(self) -> bytes:
        sections = struct.pack("<IIII", 0, len(self._types), len(self._types), len(self._strings))
        return struct.pack("<HBBI", 0xEB9F, 1, 0, 24) + sections + self._types + self._strings

    def number(self, size: int) -> int:
        return self._add(INT, "", size, (8 * size,))

    def pointer(self, to: int = 0) -> int:
        return self._add(Kind.PTR, "", to)

    def prototype(self, parameters: int) -> int:
        return self._add(Kind.FUNC_PROTO, "", 0, (0, 0) * parameters, parameters)

    def enumeration(self, name: str, values: Mapping[str, int]) -> int:
        words = [word for entry, value in values.items() for word in (self._string(entry), value)]
        return self._add(Kind.ENUM, name, 4, words, len(values))

    def alias(self, name: str, of: int, kind: Kind = Kind.TYPEDEF) -> int:
        return self._add(kind, name, of)

    def function(self, name: str) -> int:
        return self._add(Kind.FUNC, name, 0)

    def array(self, of: int, length: int) -> int:
        return self._add(Kind.ARRAY, "", 0, (of, 0, length))

    def structure(
        self, name: str, members: Sequence[tuple[str, int, int]], size: int = 0, kind: Kind = Kind.STRUCT
    ) -> int:
        """Members by name, type and offset in bits."""
        words = [word for member, type_id, place in members for word in (self._string(member), type_id, place)]
        return self._add(kind, name, size, words, len(members))

    def bit_fields(self, name: str, members: Sequence[tuple[str, int, int, int]], size: int) -> int:
        """Members by name, type, offset and width in bits."""
        words = [
            word
            for member, type_id, place, bits in members
            for word in (self._string(member), type_id, bits << 24 | place)
        ]
        return self._add(Kind.STRUCT, name, size, words, len(members) | BIT_FIELDS)

    def nested(self, name: str, tree: Tree) -> tuple[int, int]:
        """A structure within structures, one member behind the other; its number and its size."""
        if isinstance(tree, int):
            return (self.number(tree) if tree <= 8 else self.array(self.number(1), tree)), tree
        if isinstance(tree, Packed):
            byte = self.number(1)
            return self.bit_fields(name, [(member, byte, *place) for member, place in tree.members.items()], 1), 1
        members, offset = [], 0
        for member, inner in tree.items():
            type_id, size = self.nested("", inner)
            members.append((member, type_id, 8 * offset))
            offset += size + 7 & ~7
        return self.structure(name, members, offset), offset

    def _add(self, kind: int, name: str, size: int, words: Sequence[int] = (), entries: int = 0) -> int:
        info = kind << 24 | entries
        self._types += struct.pack(f"<III{len(words)}I", self._string(name), info, size, *words)
        self._count += 1
        return self._count

    def _string(self, text: str) -> int:
        if not text:
            return 0
        entry = b"\0" + text.encode() + b"\0"
        if entry not in self._strings:
            self._strings += entry[1:]
        return self._strings.index(entry) + 1


def made_up_kernel(*lacking: str, arguments: Mapping[str, int] | None = None) -> Btf:
    """A kernel whose structures have all fields that the programs know, except those at the `lacking` paths.

    `arguments` are those of its tracepoints.
    """
    types = Types()
    for tracepoint, count in (arguments or {}).items():
        types.alias(f"btf_trace_{tracepoint}", types.pointer(to=types.prototype(count + 1)))
    for structure, paths in _paths().items():
        tree: dict[str, Tree] = {}
        for path, size in paths.items():
            if path not in lacking:
                _plant(tree, path, size)
        types.nested(structure, tree)
    return Btf(types.data(), programs.BTF_TYPES)


def _paths() -> dict[str, dict[str, int]]:
    """By structure, the paths in it and their sizes in bytes."""
    tables: list[tuple[str, tuple[Field, ...]]] = [
        ("sock_common", COMMON_FIELDS),
        *STRUCTURES.values(),
        ("bbr", BBR_FIELDS),
    ]
    tables += [(linked.structure, linked.fields) for linked in LINKED_FIELDS]
    paths = {
        structure: {field.paths[0]: max(1, struct.calcsize(field.width)) for field in fields}
        for structure, fields in tables
    }
    for structure, path in (link for linked in LINKED_FIELDS for link in linked.links):
        paths.setdefault(structure, {})[path] = 8
    paths["sock_common"] |= {"skc_net.net": 8, "skc_cookie": 8}
    paths["socket"]["sk"] = 8
    paths["tcp_sock"] |= {CONGESTION_ROOM: ROOM_BYTES, "inet_conn.icsk_inet.inet_sport": 2}
    return paths | {
        "sock": {"__sk_common": 2048, "sk_protocol": 2, "sk_err": 4, "sk_err_soft": 4},
        "net": {"ns.inum": 4},
        "sk_buff": {"protocol": 2, "network_header": 2, "tail": 4, "skb_iif": 4, "head": 8, "dev": 8, "sk": 8},
        "net_device": {"nd_net.net": 8},
        "task_struct": {"group_leader": 8, "start_boottime": 8, "tgid": 4, "comm": 16},
    }


def _plant(tree: dict[str, Tree], path: str, size: int) -> None:
    first, _, rest = path.partition(".")
    if "[" in first:  # arrays are read by this kernel's own types only
        return
    if rest:
        inner = tree.setdefault(first, {})
        assert isinstance(inner, dict)
        _plant(inner, rest, size)
    elif first in WINDOW_SCALES.members:
        tree[""] = WINDOW_SCALES
    else:
        tree[first] = size
