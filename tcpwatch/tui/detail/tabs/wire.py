"""The tab Wire: states and numbers as the kernel has them beside those of the segments. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from tcpwatch.diagnose.message import in_words
from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.fields import TCB_ROWS, Unit, on_screen
from tcpwatch.tcp.tcb import Source
from tcpwatch.tui.detail.context import TabContext
from tcpwatch.tui.detail.fields import VARIABLES, End
from tcpwatch.tui.detail.side_by_side import Runs, side_by_side
from tcpwatch.tui.detail.topics import states_of
from tcpwatch.tui.paint.glyphs import SEVERITIES
from tcpwatch.tui.paint.line import Line, Run, fit, wrap_words
from tcpwatch.why.catalog import Translate

LABEL, VALUE = 8, 13  # cells
SHOW = dict(VARIABLES)

COMPARED = (Unit.FROM_ISS, Unit.FROM_IRS, Unit.INITIAL)
ROWS = [row for row in on_screen(TCB_ROWS) if row.unit in COMPARED and Source.WIRE in row.sources]
NUMBERS = tuple(row.label for row in sorted(ROWS, key=lambda row: (COMPARED.index(row.unit), row.place)))
DIFFERENCE_LEGEND = "≠ for a moment is no fault"


def wire_lines(context: TabContext) -> list[Line]:
    """Both ends' states and numbers, and what kernel and wire have disagreed on for a while."""
    here, peer = ([*head, *_comparison(end, context)] for end, head in zip(context.ends, context.heads, strict=True))
    return [
        *side_by_side(here, peer, context.width),
        Line(),
        *_verdict(context.detail, context.width, context.translate),
    ]


def wire_topics(detail: Detail) -> Iterator[str]:
    """The states of both ends, and the numbers where any TCB is known."""
    yield from states_of(detail)
    if detail.here or detail.there:
        yield from NUMBERS


def _comparison(end: End, context: TabContext) -> list[Runs]:
    translate = context.translate
    kernel = replace(end, tcbs=tuple(tcb for tcb in end.tcbs if tcb.source is not Source.WIRE))
    wire = replace(end, tcbs=tuple(tcb for tcb in end.tcbs if tcb.source is Source.WIRE))
    state = end.connection.row.state if end.connection else None
    rows = [(translate("state"), str(state or "–"), str(end.state or "–"))]
    for name in NUMBERS:
        by_kernel, by_wire = (SHOW[name](one, context.absolute).text for one in (kernel, wire))
        rows.append((name, translate(by_kernel), translate(by_wire)))
    columns = (fit(translate("kernel"), VALUE, ">"), fit(translate("wire"), VALUE, ">"))
    titles: Run = (" " * LABEL + " ".join(columns), "label")
    return [(titles,), *(_row(*row) for row in rows)]


def _row(name: str, by_kernel: str, by_wire: str) -> Runs:
    """`SND.NXT            1            15  ≠`; no sign where one of the two is not known."""
    known = by_kernel[:1].isalnum() and by_wire[:1].isalnum()
    sign: Run = ("", "") if not known else (" =", "muted") if by_kernel == by_wire else (" ≠", "caution")
    return ((fit(name, LABEL), "label"), (fit(by_kernel, VALUE, ">"), ""), (" " + fit(by_wire, VALUE, ">"), ""), sign)


def _verdict(detail: Detail, width: int, translate: Translate) -> list[Line]:
    if detail.connection is None:
        return [Line(((f"  {translate('Nothing to compare: no socket of it is known here.')}", "muted"),))]
    if detail.flow is None:
        return [Line(((f"  {translate('Nothing to compare: no segment of it has been seen.')}", "muted"),))]
    if not detail.disagreements:
        return [Line((("  ✓ ", "open"), (translate("Kernel and wire agree, as far as both are known."), "muted")))]
    lines = []
    for problem in detail.disagreements:
        glyph, style = SEVERITIES[problem.severity]
        first, *rest = wrap_words(in_words(problem.message, translate), width - 6)
        lines += [Line(((f"  {glyph} {first}", style),)), *(Line(((f"    {text}", style),)) for text in rest)]
    return lines
