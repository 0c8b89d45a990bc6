"""One end's TCB as a table of fields for the detail pane, each value with its source. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.fields import TCB_FIELDS, TCP_INFO_FIELDS, Field, Unit, on_screen
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.seqnum import ahead, offset
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.text.cells import cells
from tcpwatch.tui.paint.format import grouped, microseconds
from tcpwatch.tui.paint.line import Run, fit

TAGS = {Source.KERNEL: "k", Source.DERIVED: "d", Source.RELATIVE: "r", Source.WIRE: "w"}
LEGEND = "k kernel  d derived  r relative  w wire"
NOT_OBSERVED = "–"


class Value(NamedTuple):
    """A value in words and the tag of its source."""

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
    return next((tcb for tcb in tcbs if all(getattr(tcb, name, None) is not None for name in names)), None)


def in_flight(end: End) -> int | None:
    """Bytes sent and not acknowledged."""
    tcb = first_known(end.tcbs, "snd_una", "snd_nxt")
    return None if tcb is None else distance(tcb.snd_una, tcb.snd_nxt)


def distance(start: int | None, stop: int | None) -> int:
    """From one sequence number forward to another; 0 where the other is behind."""
    return max(0, ahead(stop or 0, start or 0))


Show = Callable[[End, bool], Value]


def _sequence(name: str, origin: str) -> Show:
    """A sequence number, counted from `origin` (`iss` or `irs`) or as it stands on the wire.

    Where only the one is known and the other is asked for, it says so: `unknown`, or the wire's number with `abs`.
    """

    def show(end: End, absolute: bool) -> Value:
        counted = (tcb for tcb in end.tcbs if tcb.source is Source.RELATIVE or getattr(tcb, origin) is not None)
        on_wire = (tcb for tcb in end.tcbs if tcb.source is not Source.RELATIVE)
        tcb = first_known(tuple(on_wire if absolute else counted), name)
        if tcb is not None:
            number, start = getattr(tcb, name), getattr(tcb, origin)
            return Value(grouped(number if absolute else offset(number, start or 0)), TAGS[tcb.source])
        tcb = first_known(end.tcbs, name)
        if tcb is None:
            return Value(NOT_OBSERVED)
        return Value("unknown") if absolute else Value(f"{getattr(tcb, name)} abs", TAGS[tcb.source])

    return show


def _initial(name: str) -> Show:
    def show(end: End, absolute: bool) -> Value:
        if tcb := first_known(end.tcbs, name):
            return Value(grouped(getattr(tcb, name)), TAGS[tcb.source])
        return Value("SYN not seen" if end.tcbs else NOT_OBSERVED)

    return show


def _window(name: str) -> Show:
    def show(end: End, absolute: bool) -> Value:
        if (tcb := first_known(end.tcbs, name)) is None:
            return Value(NOT_OBSERVED)
        wnd, scale = getattr(tcb, name), getattr(tcb, name.replace("wnd", "wscale"))
        return Value(f"{grouped(wnd)} {'raw' if scale is None else f'×{1 << scale}'}", TAGS[tcb.source])

    return show


def _span(start: str, stop: str) -> Show:
    """How far one variable is ahead of another: bytes in flight, unsent, unread."""

    def show(end: End, absolute: bool) -> Value:
        tcb = first_known(end.tcbs, start, stop)
        if tcb is None:
            return Value(NOT_OBSERVED)
        return Value(grouped(distance(getattr(tcb, start), getattr(tcb, stop))), TAGS[tcb.source])

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


def _number(name: str) -> Show:
    """A plain number, of the TCB where that has it, else of tcp_info."""

    def show(end: End, absolute: bool) -> Value:
        if tcb := first_known(end.tcbs, name):
            return Value(grouped(getattr(tcb, name)), TAGS[tcb.source])
        number = getattr(end.info, name, None)
        return Value(NOT_OBSERVED) if number is None else Value(grouped(number), TAGS[Source.KERNEL])

    return show


def _retransmissions(end: End, absolute: bool) -> Value:
    if end.info and end.info.total_retrans is not None:
        return Value(grouped(end.info.total_retrans), "k")
    return Value(NOT_OBSERVED) if end.retrans_segs is None else Value(grouped(end.retrans_segs), "w")


# How a field of each unit is shown; those that a TCB has under their own name first.
UNITS: dict[Unit, Callable[[str], Show]] = {
    Unit.INITIAL: _initial,
    Unit.FROM_ISS: partial(_sequence, origin="iss"),
    Unit.FROM_IRS: partial(_sequence, origin="irs"),
    Unit.WINDOW: _window,
    Unit.MICROSECONDS: partial(_measured, words=microseconds),
    Unit.MILLISECONDS: partial(_measured, words=lambda ms: microseconds(1_000 * ms)),
}
# What is not the number itself, or comes from another place as well.
SPECIAL: dict[str, Show] = {
    "copied_seq": _span("copied_seq", "rcv_nxt"),
    "snd_mss": _mss,
    "total_retrans": _retransmissions,
}


def _shown(rows: Iterable[Field]) -> tuple[tuple[str, Show], ...]:
    return tuple(
        (row.label, SPECIAL.get(row.name) or UNITS.get(row.unit, _number)(row.name)) for row in on_screen(rows)
    )


FIELDS = _shown(TCB_FIELDS)  # what is sent and what is received stand side by side
MEASURES = _shown(TCP_INFO_FIELDS)

LABEL, VALUE, TAG = 8, 14, 2  # cells
CELL = LABEL + VALUE + TAG
BETWEEN: Run = ("  ", "")


def field_lines(end: End, width: int, absolute: bool) -> list[tuple[Run, ...]]:
    """The fields of RFC 9293 in two columns, in one where `width` is too narrow; then what was measured."""
    columns = 2 if width >= 2 * CELL + cells(BETWEEN[0]) else 1
    return [
        *_in_rows(((label, _aligned(show(end, absolute))) for label, show in FIELDS), columns, LABEL),
        *_in_rows(((label, _tight(show(end, absolute))) for label, show in MEASURES), 2 * columns, 0),
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
