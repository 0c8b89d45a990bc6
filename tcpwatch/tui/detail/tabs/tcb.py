"""The tab TCB: both TCBs side by side, and the send windows. Pure."""

from collections.abc import Iterator

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.tui.detail.context import TabContext
from tcpwatch.tui.detail.fields import MEASURES, VARIABLES, End, distance, field_lines, first_known, in_flight
from tcpwatch.tui.detail.send_window import SendWindow, window_bar
from tcpwatch.tui.detail.side_by_side import DIVIDER, Runs, head, side_by_side
from tcpwatch.tui.detail.topics import states_of
from tcpwatch.tui.paint.line import Line, fit, wrap_words
from tcpwatch.why.catalog import Translate

WITHOUT_TCB = {
    State.TIME_WAIT: "In TIME-WAIT the kernel keeps little of a TCB and shows none of it; no segment of it was seen.",
    State.CLOSED: "The socket is gone, and its TCB with it.",
}
NO_SEGMENT = "Its numbers show in its segments alone, and none has been seen."
NEITHER = "The kernel gives no TCB for it, and no segment of it has been seen."
FIN_ACKED = (State.FIN_WAIT_2, State.TIME_WAIT)  # the FIN has taken a number
SEND_WINDOW = ("in flight", "usable")  # the parts of the bar that `why` explains
SEND = 5  # cells before the bar


def tcb_lines(context: TabContext) -> list[Line]:
    """The numbers of both ends; of a listener, which has no peer, its head alone."""
    connection, (here, peer), width = context.detail.connection, context.ends, context.width
    if connection and connection.row.state is State.LISTEN:
        return [Line(((" ", ""), *head(here, context.now_ns, context.translate)))]
    heads = side_by_side(*context.heads, width)
    fields = side_by_side(_fields(here, context), _fields(peer, context), width)
    if context.roomy:
        left, right = context.half_width - 1, width - context.half_width - len(DIVIDER[0])
        bars = side_by_side(_bar(here, left, context.translate), _bar(peer, right, context.translate), width)
    else:
        bars = [Line(((" ", ""), *bar)) for bar in _bar(here, width - 1, context.translate)]
    return [*heads, *fields, *bars]


def tcb_topics(detail: Detail) -> Iterator[str]:
    """The states of both ends, and the numbers from the top of the tab to its bottom."""
    yield from states_of(detail)
    if detail.here or detail.there:
        yield from (label for label, _ in (*VARIABLES, *MEASURES))
        yield from SEND_WINDOW


def _fields(end: End, context: TabContext) -> list[Runs]:
    if end.tcbs or end.info:
        return field_lines(end, context.half_width - 1, context.absolute, context.translate)
    without = context.translate(_without_tcb(end))
    return [((text, "muted"),) for text in wrap_words(without, context.half_width - 2)]


def _without_tcb(end: End) -> str:
    if end.connection is None:
        return NO_SEGMENT
    return WITHOUT_TCB.get(end.connection.row.state, NEITHER)


def _bar(end: End, width: int, translate: Translate) -> list[Runs]:
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
    return [((fit(translate("send"), SEND), "label"), *window_bar(window, width - SEND, translate))]


def _acked(tcb: Tcb, state: State | None) -> int | None:
    """Bytes of data acknowledged; None where the connection was not seen to begin."""
    if tcb.iss is None and tcb.source is not Source.RELATIVE:
        return None
    return max(0, distance(tcb.iss, tcb.snd_una) - 1 - (state in FIN_ACKED))  # the SYN took one number too
