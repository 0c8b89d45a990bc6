"""Writes the tables of docs/sockets.md that come from the table of fields: `python -m tools.field_docs`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tcpwatch.sockets.fields import OPTION_ROWS, TCB_ROWS, TCP_INFO_ROWS, FieldRow
from tcpwatch.sockets.tcp_info import TcpInfo

PAGE = Path(__file__).resolve().parents[1] / "docs" / "sockets.md"
BEGIN, END = "<!-- from the table of fields, by tools/field_docs.py -->\n", "<!-- end of the table of fields -->\n"


def with_tables(page: str) -> str:
    """The page with new tables between the two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n" + "\n".join(_tables()) + "\n\n" + END + after


def _tables() -> Iterator[str]:
    tcb = {row.name: row for row in TCB_ROWS}
    info = tcb | {row.name: row for row in TCP_INFO_ROWS}
    yield from ("## The keys of `tcb`", "", *_table(TCB_ROWS), "")
    yield from ("## The keys of `info`", "", *_table(info[key] for key in TcpInfo().as_dict()), "")
    yield from ("## The keys of `options`", "", *_table(OPTION_ROWS))


def _table(rows: Iterable[FieldRow]) -> Iterator[str]:
    yield from ("| key | what | unit | on the screen | known from |", "|---|---|---|---|---|")
    for row in rows:
        yield f"| `{row.name}` | {row.help} | {row.unit} | {row.label} | {', '.join(row.sources)} |"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
