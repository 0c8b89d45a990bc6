"""One end's TCB as a table of fields for the detail pane, each value with its source. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from tcpwatch.diagnose.context import FIN_IN_QUEUE
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.fields import TCB_ROWS, TCP_INFO_ROWS, FieldRow, Unit, on_screen
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.seqnum import ahead, offset
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.text.cells import cells
from tcpwatch.tui.paint.format import grouped, microseconds
from tcpwatch.tui.paint.line import Run, fit
from tcpwatch.why.catalog import Translate

TAGS = {Source.KERNEL: "k", Source.DERIVED: "d", Source.RELATIVE: "r", Source.WIRE: "w"}
SOURCES_LEGEND = "k kernel  d derived  r relative  w wire"
NOT_OBSERVED = "–"
UNKNOWN_VALUES = SYN_NOT_SEEN, UNKNOWN = "SYN not seen", "unknown"


class Value(NamedTuple):
    """A value as text, and the letter of its source."""

    text: str
    tag: str = " "


@dataclass(frozen=True)
class End:
    """One end of a connection: all that is known of it. TCBs stand in order of trust."""

    title: str
    connection: Connection | None
    state: State | None
    tcbs: tuple[Tcb, ...]
    info: TcpInfo | None
    retrans_segs: int | None


def first_known(tcbs: tuple[Tcb, ...], *names: str) -> Tcb | None:
    """The most trusted TCB that has all these values."""
    return next((tcb for tcb in tcbs if all(tcb.variable(name) is not None for name in names)), None)


def in_flight(end: End) -> int | None:
    """Bytes sent and not acknowledged."""
    tcb = first_known(end.tcbs, "snd_una", "snd_nxt")
    return None if tcb is None else distance(tcb.snd_una, tcb.snd_nxt)


def distance(start: int | None, stop: int | None) -> int:
    """From one sequence number forward to another; 0 where the other is behind."""
    return max(0, ahead(stop or 0, start or 0))


Show = Callable[[End, bool], Value]
Rows = Iterable[tuple[str, Show]]


def _known(tcbs: Iterable[Tcb], name: str) -> tuple[int, Tcb] | None:
    """The variable in the most trusted TCB that has it, and that TCB."""
    values = ((tcb.variable(name), tcb) for tcb in tcbs)
    return next(((number, tcb) for number, tcb in values if number is not None), None)


def _sequence(name: str, origin: str) -> Show:
    """A sequence number, counted from `origin` (`iss` or `irs`) or as it stands on the wire.

    Where only the one is known and the other is asked for: `unknown`, or the wire's number with `abs`.
    """

    def show(end: End, absolute: bool) -> Value:
        counted = (tcb for tcb in end.tcbs if tcb.source is Source.RELATIVE or tcb.variable(origin) is not None)
        on_wire = (tcb for tcb in end.tcbs if tcb.source is not Source.RELATIVE)
        if found := _known(on_wire if absolute else counted, name):
            number, tcb = found
            start = tcb.variable(origin) or 0
            return Value(grouped(number if absolute else offset(number, start)), TAGS[tcb.source])
        if found := _known(end.tcbs, name):
            number, tcb = found
            return Value(UNKNOWN) if absolute else Value(f"{number} abs", TAGS[tcb.source])
        return Value(NOT_OBSERVED)

    return show


def _plain(name: str) -> Show:
    def show(end: End, absolute: bool) -> Value:
        found = _known(end.tcbs, name)
        return Value(grouped(found[0]), TAGS[found[1].source]) if found else Value(NOT_OBSERVED)

    return show


def _initial(name: str) -> Show:
    def show(end: End, absolute: bool) -> Value:
        if found := _known(end.tcbs, name):
            return Value(grouped(found[0]), TAGS[found[1].source])
        return Value(SYN_NOT_SEEN if end.tcbs else NOT_OBSERVED)

    return show


def _window(name: str) -> Show:
    def show(end: End, absolute: bool) -> Value:
        if (found := _known(end.tcbs, name)) is None:
            return Value(NOT_OBSERVED)
        wnd, tcb = found
        scale = tcb.variable(name.replace("wnd", "wscale"))
        return Value(f"{grouped(wnd)} {'raw' if scale is None else f'×{1 << scale}'}", TAGS[tcb.source])

    return show


def _span(start: str, stop: str) -> Show:
    """How far one variable is ahead of another: bytes in flight, unsent, unread."""

    def show(end: End, absolute: bool) -> Value:
        tcb = first_known(end.tcbs, start, stop)
        if tcb is None:
            return Value(NOT_OBSERVED)
        length, fin = distance(tcb.variable(start), tcb.variable(stop)), ""
        if start == "copied_seq" and length and end.connection and end.connection.row.state in FIN_IN_QUEUE:
            length, fin = length - 1, " + FIN"  # the number that it takes is no byte to read
        return Value(grouped(length) + fin, TAGS[tcb.source])

    return show


def _mss(end: End, absolute: bool) -> Value:
    if end.info and end.info.snd_mss is not None:
        return Value(grouped(end.info.snd_mss), "k")
    tcb = first_known(end.tcbs, "mss")
    return Value(grouped(tcb.mss or 0), TAGS[tcb.source]) if tcb else Value(NOT_OBSERVED)


def _measured(name: str, words: Callable[[int], str]) -> Show:
    read = attrgetter(name)

    def show(end: End, absolute: bool) -> Value:
        number = read(end.info) if end.info else None
        return Value(NOT_OBSERVED) if number is None else Value(words(number), "k")

    return show


def _retransmissions(end: End, absolute: bool) -> Value:
    if end.info and end.info.total_retrans is not None:
        return Value(grouped(end.info.total_retrans), "k")
    return Value(NOT_OBSERVED) if end.retrans_segs is None else Value(grouped(end.retrans_segs), "w")


# How a row is shown: by its name where that is special, else by its unit.
VARIABLE_OF_UNIT: dict[Unit, Callable[[str], Show]] = {
    Unit.INITIAL: _initial,
    Unit.FROM_ISS: partial(_sequence, origin="iss"),
    Unit.FROM_IRS: partial(_sequence, origin="irs"),
    Unit.WINDOW: _window,
}
WORDS_OF_UNIT: dict[Unit, Callable[[int], str]] = {
    Unit.MICROSECONDS: microseconds,
    Unit.MILLISECONDS: lambda ms: microseconds(1_000 * ms),
}
SPECIAL: dict[str, Show] = {
    "copied_seq": _span("copied_seq", "rcv_nxt"),
    "snd_mss": _mss,
    "total_retrans": _retransmissions,
}


def show_variable(row: FieldRow) -> Show:
    """How a variable of the TCB is shown."""
    return SPECIAL.get(row.name) or VARIABLE_OF_UNIT.get(row.unit, _plain)(row.name)


def show_measure(row: FieldRow) -> Show:
    """How a field of tcp_info is shown."""
    return SPECIAL.get(row.name) or _measured(row.name, WORDS_OF_UNIT.get(row.unit, grouped))


# What is sent and what is received stand side by side.
VARIABLES = tuple((row.label, show_variable(row)) for row in on_screen(TCB_ROWS))
MEASURES = tuple((row.label, show_measure(row)) for row in on_screen(TCP_INFO_ROWS))

LABEL, VALUE, TAG = 8, 14, 2  # cells
CELL = LABEL + VALUE + TAG
BETWEEN: Run = ("  ", "")


def field_lines(end: End, width: int, absolute: bool, translate: Translate = str) -> list[tuple[Run, ...]]:
    """The fields of RFC 9293 in two columns, in one where `width` is too narrow; then what was measured."""
    columns = 2 if width >= 2 * CELL + cells(BETWEEN[0]) else 1

    def shown(rows: Rows) -> Iterator[tuple[str, Value]]:
        for label, show in rows:
            value = show(end, absolute)
            yield translate(label), value._replace(text=translate(value.text))

    return [
        *_in_rows(((label, _aligned(value)) for label, value in shown(VARIABLES)), columns, LABEL),
        *_in_rows(((label, _tight(value)) for label, value in shown(MEASURES)), 2 * columns, 0),
    ]


def _in_rows(fields: Iterable[tuple[str, list[Run]]], columns: int, label_width: int) -> list[tuple[Run, ...]]:
    rows: list[list[Run]] = []
    for index, (label, value) in enumerate(fields):
        if index % columns == 0:
            rows.append([])
        rows[-1] += [BETWEEN] * bool(rows[-1]) + [(fit(label, max(label_width, cells(label))), "label"), *value]
    return [tuple(row) for row in rows]


def _aligned(value: Value) -> list[Run]:
    return [(fit(value.text, VALUE, ">"), "" if value.tag.strip() else "muted"), (f" {value.tag}", "muted")]


def _tight(value: Value) -> list[Run]:
    return [(f" {value.text}", "" if value.tag.strip() else "muted"), (f" {value.tag}".rstrip(), "muted")]
