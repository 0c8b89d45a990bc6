"""The lines of the detail pane: both TCBs side by side, the send window, and the story. Pure."""

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.tui.detail.fields import End, distance, field_lines, first_known, in_flight
from tcpwatch.tui.detail.send_window import SendWindow, window_bar
from tcpwatch.tui.detail.side_by_side import DIVIDER, ends_of, half_of, head, heads_of, roomy, side_by_side
from tcpwatch.tui.detail.summary import story
from tcpwatch.tui.paint.line import Line, Run, wrap

WITHOUT_TCB = {
    State.TIME_WAIT: "In TIME-WAIT the kernel keeps little of a TCB and shows none of it; no segment of it was seen.",
    State.CLOSED: "The socket is gone, and its TCB with it.",
}
FIN_ACKED = (State.FIN_WAIT_2, State.TIME_WAIT)  # the FIN has taken a number
ABOUT = 10  # cells for what a sentence is about
SEND = 5  # cells before the bar


def detail_lines(detail: Detail, now_ns: int, width: int, absolute: bool) -> list[Line]:
    """All that is known of one connection in lines of `width` cells; `absolute` shows numbers as on the wire."""
    here, peer = ends_of(detail)
    told = _story_lines(detail, now_ns, width)
    if detail.connection and detail.connection.row.state is State.LISTEN:
        return [Line(((" ", ""), *head(here, now_ns))), Line(), *told]
    heads = side_by_side(heads_of(here, now_ns, width), heads_of(peer, now_ns, width), width)
    fields = side_by_side(_fields(here, width, absolute), _fields(peer, width, absolute), width)
    if roomy(width):
        bars = side_by_side(_bar(here, half_of(width) - 1), _bar(peer, width - half_of(width) - len(DIVIDER[0])), width)
    else:
        bars = [Line(((" ", ""), *bar)) for bar in _bar(here, width - 1)]
    return [*heads, *fields, *bars, *told]


def _fields(end: End, width: int, absolute: bool) -> list[tuple[Run, ...]]:
    half = half_of(width)
    if end.tcbs or end.info:
        return field_lines(end, half - 1, absolute)
    return [((text, "muted"),) for text in wrap(_without_tcb(end), half - 2)]


def _without_tcb(end: End) -> str:
    if end.connection is None:
        return "Its numbers show in its segments alone, and none has been seen."
    return WITHOUT_TCB.get(
        end.connection.row.state, "The kernel gives no TCB for it, and no segment of it has been seen."
    )


def _bar(end: End, width: int) -> list[tuple[Run, ...]]:
    """The end's send window, where enough of it is known."""
    tcb, flight = first_known(end.tcbs, "snd_una", "snd_nxt"), in_flight(end)
    if tcb is None or flight is None:
        return []
    state = end.connection.row.state if end.connection else end.state
    windowed = first_known(end.tcbs, "snd_wnd", "snd_wscale")
    written = first_known(end.tcbs, "snd_nxt", "write_seq")
    window = SendWindow(
        acked=_acked(tcb, state),
        in_flight=flight,
        wnd=windowed.snd_wnd if windowed else None,
        unsent=distance(written.snd_nxt, written.write_seq) if written else None,
    )
    label = f"{'send':<{SEND}}"
    return [((label, "label"), *window_bar(window, width - SEND))]


def _acked(tcb: Tcb, state: State | None) -> int | None:
    """Bytes of data acknowledged; None where the connection was not seen to begin."""
    if tcb.iss is None and tcb.source is not Source.RELATIVE:
        return None
    return max(0, distance(tcb.iss, tcb.snd_una) - 1 - (state in FIN_ACKED))  # the SYN took one number too


def _story_lines(detail: Detail, now_ns: int, width: int) -> list[Line]:
    lines = []
    for sentence in story(detail, now_ns):
        first, *rest = wrap(sentence.message, width - ABOUT - 3) or [""]
        lines.append(
            Line(
                (
                    (f"  {sentence.about:<{ABOUT - 2}}", sentence.style if len(sentence.about) == 1 else "label"),
                    (first, sentence.style),
                )
            )
        )
        lines += [Line(((" " * ABOUT + text, sentence.style),)) for text in rest]
    return lines
