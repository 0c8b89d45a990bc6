"""The formats of `--format`. One file a format, found by its name, with `open_writer(schema, output)`.

The schema is enough to write any record. A format may have a way of its own for some of them: a faster or shorter one.
"""

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # the parser reads FORMATS at every start
    from tcpwatch.report.output import Output
    from tcpwatch.report.records.schema import AnyRecord, Schema


class Format(NamedTuple):
    """One word of `--format`. Its file is imported when it is used."""

    name: str
    help: str

    def open_writer(self, schema: "Schema[AnyRecord]", output: "Output") -> "Callable[[Iterable[AnyRecord]], None]":
        """What puts records of this schema into the output.

        It puts each there before it asks for the next, and may be called again for more.
        """
        write: Callable[[Iterable[AnyRecord]], None] = import_module(f"{__name__}.{self.name}").open_writer(
            schema, output
        )
        return write


FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format("text", "aligned text for a person"),
        Format("json", "one JSON object a line"),
    )
}
DEFAULT = "text"
