"""What a record consists of: columns with a name, a type and a value. Every format reads records through these alone.

Law of the room: a column's name never changes and its value is exact. Rounding, alignment and units for people belong
to a format.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

AnyRecord = TypeVar("AnyRecord")
Json = Mapping[str, object]


class ColumnType(StrEnum):
    """The type of a column's values; each of them may be None, which is "not observed"."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"
    OBJECT = "object"  # a value with the members in `Column.parts`
    JSON = "json"  # a list, or an object whose members vary


class Column(NamedTuple, Generic[AnyRecord]):
    """One value of a record. Of an OBJECT, `value` gives what the `parts` take their values from."""

    name: str
    type: ColumnType
    value: Callable[[AnyRecord], Any]
    parts: tuple["Column[Any]", ...] = ()

    def plain(self, record: AnyRecord) -> object:
        """The value in types that JSON has, an OBJECT as a dict."""
        value = self.value(record)
        if not self.parts or value is None:
            return value
        return {part.name: part.plain(value) for part in self.parts}

    def leaves(self) -> Iterator["Column[AnyRecord]"]:
        """The column itself, or one column for each part of an OBJECT, named `column_part`."""
        if not self.parts:
            yield self
        for leaf in chain.from_iterable(part.leaves() for part in self.parts):
            yield Column(f"{self.name}_{leaf.name}", leaf.type, partial(_value_within, self.value, leaf.value))


@dataclass(frozen=True, eq=False)
class Schema(Generic[AnyRecord]):
    """The columns of one kind of record, in order.

    A record that is a document gives its most important table as `table`: that table's schema, and how to get its rows.
    """

    name: str
    columns: tuple[Column[AnyRecord], ...]
    table: "tuple[Schema[Any], Callable[[AnyRecord], Iterable[Any]]] | None" = None

    def as_dict(self, record: AnyRecord) -> Json:
        """The whole record, nested."""
        return {column.name: column.plain(record) for column in self.columns}

    @property
    def flat_columns(self) -> tuple[Column[Any], ...]:
        """The columns for a format that cannot nest: one for each part of an OBJECT; of a document, its table's."""
        if self.table is not None:
            return self.table[0].flat_columns
        return tuple(chain.from_iterable(column.leaves() for column in self.columns))

    def flat_rows(self, records: Iterable[AnyRecord]) -> Iterator[tuple[object, ...]]:
        """The rows for a format that cannot nest: a value for each of `flat_columns`, a list or object as JSON text."""
        if self.table is not None:
            schema, rows_of = self.table
            return schema.flat_rows(chain.from_iterable(map(rows_of, records)))
        values = [
            _as_json_text(column) if column.type is ColumnType.JSON else column.value for column in self.flat_columns
        ]
        return (tuple([value(record) for value in values]) for record in records)


def integers(names: Iterable[str]) -> tuple[Column[Any], ...]:
    """A column of integers for each of these attributes."""
    return tuple(Column(name, ColumnType.INTEGER, attrgetter(name)) for name in names)


def _value_within(outer: Callable[[Any], Any], inner: Callable[[Any], Any], record: object) -> object:
    value = outer(record)
    return None if value is None else inner(value)


def _as_json_text(column: Column[Any]) -> Callable[[Any], str | None]:
    """The column's value for a format that cannot nest."""

    def text(record: object) -> str | None:
        value = column.value(record)
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    return text
