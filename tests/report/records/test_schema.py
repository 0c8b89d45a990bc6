from operator import itemgetter
from typing import Any

from tcpwatch.report.records.schema import Column, ColumnType, Schema, integers
from tcpwatch.tcp.state import State

INTEGER, TEXT, OBJECT = ColumnType.INTEGER, ColumnType.TEXT, ColumnType.OBJECT
END: tuple[Column[Any], ...] = (Column("ip", TEXT, itemgetter("ip")), Column("port", INTEGER, itemgetter("port")))
LINKS: Schema[dict[str, Any]] = Schema(
    "links", (Column("number", INTEGER, itemgetter("number")), Column("end", OBJECT, itemgetter("end"), END))
)
LINK = {"number": 1, "end": {"ip": "::1", "port": 80, "not a column": 0}}


def test_record_as_dict_is_nested_and_has_its_columns_alone() -> None:
    assert LINKS.as_dict(LINK) == {"number": 1, "end": {"ip": "::1", "port": 80}}


def test_object_that_was_not_observed_is_none() -> None:
    assert LINKS.as_dict({"number": 1, "end": None}) == {"number": 1, "end": None}


def test_flat_columns_are_named_after_object_and_part() -> None:
    assert [(column.name, column.type) for column in LINKS.flat_columns] == [
        ("number", "integer"),
        ("end_ip", "text"),
        ("end_port", "integer"),
    ]


def test_flat_row_has_a_value_for_each_column() -> None:
    assert list(LINKS.flat_rows([LINK, {"number": 2, "end": None}])) == [(1, "::1", 80), (2, None, None)]


def test_flat_row_has_lists_and_objects_as_json_text() -> None:
    states: Schema[dict[str, Any]] = Schema("states", (Column("history", ColumnType.JSON, itemgetter("history")),))
    records = [{"history": [{"state": State.LISTEN}]}, {"history": []}, {"history": None}]
    assert list(states.flat_rows(records)) == [('[{"state":"LISTEN"}]',), ("[]",), (None,)]


def test_document_is_flat_as_its_table() -> None:
    document: Schema[dict[str, Any]] = Schema(
        "document", (Column("title", TEXT, itemgetter("title")),), table=(LINKS, itemgetter("links"))
    )
    assert document.as_dict({"title": "a", "links": []}) == {"title": "a"}
    assert [column.name for column in document.flat_columns] == ["number", "end_ip", "end_port"]
    assert list(document.flat_rows([{"links": [LINK]}, {"links": [LINK]}])) == [(1, "::1", 80)] * 2


def test_integers_are_attributes() -> None:
    imag, real = integers(["imag", "real"])
    assert (imag.name, imag.value(3 + 4j), real.value(3 + 4j)) == ("imag", 4, 3)
