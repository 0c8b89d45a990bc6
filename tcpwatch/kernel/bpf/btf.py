"""The running kernel's type information (Documentation/bpf/btf.rst): the offsets of structure members. Pure.

A kernel has about a hundred thousand types in sequence; the kind of a type determines its length. One pass finds where
each begins. Names are compared as offsets in the string section, and only the requested members are read.
"""

import struct
from collections.abc import Collection, Iterator
from enum import IntEnum
from typing import NamedTuple

from tcpwatch.errors import SourceError

_MAGIC = 0xEB9F
_BTF_HEADER = struct.Struct(
    "<HBBIIIII"
)  # magic, version, flags, header length, types, their length, strings, their length
_NESTING = 32  # levels of typedefs or anonymous structures; no compiler emits more


class Kind(IntEnum):
    """The kinds of type that are needed here."""

    PTR = 2
    ARRAY = 3
    STRUCT = 4
    UNION = 5
    ENUM = 6
    TYPEDEF = 8
    VOLATILE = 9
    CONST = 10
    RESTRICT = 11
    FUNC = 12
    FUNC_PROTO = 13
    TYPE_TAG = 18


_ALIASES = frozenset({Kind.TYPEDEF, Kind.VOLATILE, Kind.CONST, Kind.RESTRICT, Kind.TYPE_TAG})
_COMPOUNDS = frozenset({Kind.STRUCT, Kind.UNION})

# 32-bit words after the three of every type: for the kind itself, and for each of its entries.
_EXTRA_WORDS = {1: 1, Kind.ARRAY: 3, 14: 1, 17: 1}
_ENTRY_WORDS = {Kind.STRUCT: 3, Kind.UNION: 3, Kind.ENUM: 2, Kind.FUNC_PROTO: 2, 15: 3, 19: 3}
_KNOWN_KINDS = 20


class Member(NamedTuple):
    """The position of a member in a structure; `bits` is the width of a bit-field, else 0."""

    type_id: int
    bit_offset: int
    bits: int
    size: int

    @property
    def offset(self) -> int:
        """Offset of its first byte."""
        return self.bit_offset // 8

    def within(self, outer: "Member") -> "Member":
        """This member of the nested structure `outer`, with its position in the outermost structure."""
        return self._replace(bit_offset=outer.bit_offset + self.bit_offset)


class Btf:
    """One kernel's types. `names` are the types that can be looked up by name."""

    def __init__(self, data: bytes, names: Collection[str]) -> None:
        """Raises SourceError if `data` is not BTF or is damaged."""
        try:
            self._read: dict[int, dict[str, Member]] = {}
            self._types, self._strings = _sections(data)
            self._starts, self._ids = _walk(self._types, _name_offsets(self._strings, names))
        except (struct.error, IndexError, TypeError) as error:
            raise SourceError(f"The kernel's type information is damaged ({error}).") from error

    def type_id(self, name: str, kind: Kind) -> int:
        """The id of a type; SourceError if this kernel has no type of that name."""
        try:
            return self._ids[name, kind]
        except KeyError:
            raise SourceError(f"This kernel has no {name}.") from None

    def names_by_value(self, enum: str) -> dict[int, str]:
        """The names of an enumeration; empty if this kernel has none of that name."""
        try:
            if (enum, Kind.ENUM) not in self._ids:
                return {}
            start = self._starts[self._ids[enum, Kind.ENUM]]
            first, count = start + 3, self._types[start + 1] & 0xFFFF
            return {
                self._types[entry + 1]: self._name(self._types[entry]) for entry in range(first, first + 2 * count, 2)
            }
        except (IndexError, ValueError) as error:
            raise SourceError(f"The kernel's type information on {enum} is damaged ({error}).") from error

    def arguments(self, tracepoint: str) -> int:
        """How many arguments a tracepoint has; SourceError if this kernel has no such tracepoint."""
        type_id = self.type_id(f"btf_trace_{tracepoint}", Kind.TYPEDEF)
        try:
            pointer = self._types[self._starts[type_id] + 2]
            prototype = self._resolved(self._types[self._starts[pointer] + 2])
            if self._kind(prototype) != Kind.FUNC_PROTO:
                raise IndexError("no prototype")
            return (self._types[self._starts[prototype] + 1] & 0xFFFF) - 1  # the first is the kernel's own
        except IndexError as error:
            raise SourceError(f"The kernel's type information on {tracepoint} is damaged ({error}).") from error

    def member(self, structure: str, path: str) -> Member | None:
        """The member at a dotted path such as `rx_opt.snd_wscale` or `chrono_stat[1]`; None if the
        member or the structure does not exist.

        A path goes through nested structures, named or anonymous, but follows no pointers. SourceError if the types are
        damaged.
        """
        try:
            return self._locate(structure, path)
        except (IndexError, ValueError, RecursionError) as error:
            raise SourceError(f"The kernel's type information on {structure} is damaged ({error}).") from error

    def _locate(self, structure: str, path: str) -> Member | None:
        if (structure, Kind.STRUCT) not in self._ids:
            return None
        found = Member(self._ids[structure, Kind.STRUCT], 0, 0, 0)
        for part in path.split("."):
            name, _, index = part.partition("[")
            inner = self._members(found.type_id).get(name)
            if inner is None:
                return None
            if index:
                inner = self._element(inner, int(index[:-1]))
            found = inner.within(found)
        return found._replace(size=self._size(found.type_id))

    def _members(self, type_id: int, depth: int = 0) -> dict[str, Member]:
        """The members of one structure and of the anonymous structures in it; cached."""
        type_id = self._resolved(type_id)
        if type_id not in self._read and depth <= _NESTING:
            members: dict[str, Member] = {}
            for name, member in self._own_members(type_id):
                inner = {name: member} if name else self._members(member.type_id, depth + 1)
                for inner_name, place in inner.items():
                    members.setdefault(inner_name, place if name else place.within(member))
            self._read[type_id] = members
        return self._read.get(type_id, {})

    def _own_members(self, type_id: int) -> Iterator[tuple[str, Member]]:
        if self._kind(type_id) not in _COMPOUNDS:
            return
        start = self._starts[type_id]
        info = self._types[start + 1]
        has_bit_fields = info >> 31
        for entry in range(start + 3, start + 3 + 3 * (info & 0xFFFF), 3):
            name, member_type, place = self._types[entry : entry + 3]
            bits, offset = (place >> 24, place & 0xFF_FFFF) if has_bit_fields else (0, place)
            yield self._name(name), Member(member_type, offset, bits, 0)

    def _element(self, array: Member, index: int) -> Member:
        element_type = self._types[self._starts[self._resolved(array.type_id)] + 3]
        return Member(element_type, array.bit_offset + 8 * index * self._size(element_type), 0, 0)

    def _size(self, type_id: int) -> int:
        """Size of a type in bytes."""
        type_id = self._resolved(type_id)
        start, kind = self._starts[type_id], self._kind(type_id)
        if kind == Kind.PTR:
            return struct.calcsize("P")
        if kind == Kind.ARRAY:
            return self._size(self._types[start + 3]) * self._types[start + 5]
        return self._types[start + 2]

    def _resolved(self, type_id: int) -> int:
        """The type behind typedefs and qualifiers."""
        for _ in range(_NESTING):
            if self._kind(type_id) not in _ALIASES:
                break
            type_id = self._types[self._starts[type_id] + 2]
        return type_id

    def _kind(self, type_id: int) -> int:
        return self._types[self._starts[type_id] + 1] >> 24 & 0x1F if type_id else 0

    def _name(self, offset: int) -> str:
        return self._strings[offset : self._strings.index(b"\0", offset)].decode(errors="replace")


def _sections(data: bytes) -> tuple[memoryview, bytes]:
    """The types as 32-bit words, and the strings."""
    magic, _, _, header, types, types_length, strings, strings_length = _BTF_HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise SourceError("The kernel's type information is not in this machine's byte order.")
    words = memoryview(data)[header + types : header + types + types_length].cast("I")
    return words, data[header + strings : header + strings + strings_length]


def _name_offsets(strings: bytes, names: Collection[str]) -> dict[int, str]:
    """The offset of each name in the string section, which contains no name twice."""
    places = ((strings.find(b"\0" + name.encode() + b"\0") + 1, name) for name in names)
    return {place: name for place, name in places if place}


def _walk(types: memoryview, wanted: dict[int, str]) -> tuple[list[int], dict[tuple[str, int], int]]:
    """The first word of each type, by type id, and the ids of the types in `wanted`."""
    extra = [3 + _EXTRA_WORDS.get(kind, 0) for kind in range(_KNOWN_KINDS)]
    entry = [_ENTRY_WORDS.get(kind, 0) for kind in range(_KNOWN_KINDS)]
    starts = [0]
    ids: dict[tuple[str, int], int] = {}
    position, end = 0, len(types)
    while position < end:
        info = types[position + 1]
        kind = info >> 24 & 0x1F
        if types[position] in wanted:
            ids.setdefault((wanted[types[position]], kind), len(starts))
        starts.append(position)
        position += extra[kind] + entry[kind] * (info & 0xFFFF)
    return starts, ids
