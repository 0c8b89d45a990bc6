"""The lines of the detail pane's view of kernel and wire beside each other, for both ends. Pure."""

from dataclasses import replace

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source
from tcpwatch.tui.detail.fields import FIELDS, End
from tcpwatch.tui.detail.side_by_side import Runs, ends_of, heads_of, side_by_side
from tcpwatch.tui.detail.summary import SEVERITIES
from tcpwatch.tui.paint.line import Line, Run, fit, wrap

LABEL, VALUE = 8, 13  # cells
NUMBERS = ("SND.UNA", "SND.NXT", "RCV.NXT", "ISS", "IRS")
SHOW = dict(FIELDS)
LEGEND = "≠ for a moment is no fault"


def wire_lines(detail: Detail, now_ns: int, width: int, absolute: bool) -> list[Line]:
    """Both ends' states and numbers in lines of `width` cells, and what kernel and wire have not agreed on for long."""
    flow = detail.flow
    states = (flow.here_state, flow.there_state) if flow else (None, None)
    here, peer = (
        [*heads_of(end, now_ns, width), *_end_lines(end, state, absolute)]
        for end, state in zip(ends_of(detail), states, strict=True)
    )
    return [*side_by_side(here, peer, width), Line(), *_verdict(detail, width)]


def _end_lines(end: End, by_wire: State | None, absolute: bool) -> list[Runs]:
    kernel = replace(end, tcbs=tuple(tcb for tcb in end.tcbs if tcb.source is not Source.WIRE))
    wire = replace(end, tcbs=tuple(tcb for tcb in end.tcbs if tcb.source is Source.WIRE))
    by_kernel = end.connection.row.state if end.connection else None
    rows = [("state", str(by_kernel or "–"), str(by_wire or "–"))]
    rows += [(name, SHOW[name](kernel, absolute).text, SHOW[name](wire, absolute).text) for name in NUMBERS]
    titles: Run = (f"{'':<{LABEL}}{'kernel':>{VALUE}} {'wire':>{VALUE}}", "label")
    return [(titles,), *(_row(*row) for row in rows)]


def _row(name: str, by_kernel: str, by_wire: str) -> Runs:
    """`SND.NXT            1            15  ≠`; no sign where one of the two is not known."""
    known = by_kernel[:1].isalnum() and by_wire[:1].isalnum()
    sign: Run = ("", "") if not known else (" =", "muted") if by_kernel == by_wire else (" ≠", "caution")
    return ((fit(name, LABEL), "label"), (fit(by_kernel, VALUE, ">"), ""), (" " + fit(by_wire, VALUE, ">"), ""), sign)


def _verdict(detail: Detail, width: int) -> list[Line]:
    if detail.connection is None or detail.flow is None:
        missing = "no socket of it is known here" if detail.connection is None else "no segment of it has been seen"
        return [Line(((f"  Nothing to compare: {missing}.", "muted"),))]
    if not detail.disagreements:
        return [Line((("  ✓ ", "open"), ("Kernel and wire agree, as far as both are known.", "muted")))]
    lines = []
    for finding in detail.disagreements:
        glyph, style = SEVERITIES[finding.severity]
        first, *rest = wrap(finding.message, width - 6)
        lines += [Line(((f"  {glyph} {first}", style),)), *(Line(((f"    {text}", style),)) for text in rest)]
    return lines
