"""The lines of the detail pane: both TCBs side by side, the send window, and the story. Pure."""

from itertools import zip_longest

from tcpwatch.duration import duration
from tcpwatch.monitor.snapshot import Connection, Detail
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.tui.connection_lines import owner_words
from tcpwatch.tui.line import Line, Run, padded, wrap
from tcpwatch.tui.looks import STATES
from tcpwatch.tui.story import story
from tcpwatch.tui.tcb_fields import CELL, End, distance, field_lines, first_known, in_flight
from tcpwatch.tui.window_bar import SendWindow, window_bar

DIVIDER: Run = (" │ ", "muted")
WITHOUT_TCB = {
    State.TIME_WAIT: "In TIME-WAIT the kernel keeps little of a TCB and shows none of it; no segment of it was seen.",
    State.CLOSED: "The socket is gone, and its TCB with it.",
}
FIN_ACKED = (State.FIN_WAIT_2, State.TIME_WAIT)  # the FIN has taken a number
ABOUT = 10  # cells for what a sentence is about
SEND = 5  # cells before the bar


def detail_lines(detail: Detail, now_ns: int, width: int, absolute: bool) -> list[Line]:
    """All that is known of one connection in lines of `width` cells; `absolute` shows numbers as on the wire."""
    here, peer = _ends(detail)
    told = _story_lines(detail, now_ns, width)
    if detail.connection and detail.connection.row.state is State.LISTEN:
        return [Line(((" ", ""), *_head(here, now_ns))), Line(), *told]
    heads = _side_by_side(_heads(here, now_ns, width), _heads(peer, now_ns, width), width)
    fields = _side_by_side(_fields(here, width, absolute), _fields(peer, width, absolute), width)
    if _roomy(width):
        bars = _side_by_side(_bar(here, _half(width) - 1), _bar(peer, width - _half(width) - len(DIVIDER[0])), width)
    else:
        bars = [Line(((" ", ""), *bar)) for bar in _bar(here, width - 1)]
    return [*heads, *fields, *bars, *told]


def _ends(detail: Detail) -> tuple[End, End]:
    flow = detail.flow
    states = (flow.here_state, flow.there_state) if flow else (None, None)
    retrans_segs = flow.retrans_segs if flow else (None, None)
    return (
        End("here", detail.connection, states[0], detail.here, detail.info, retrans_segs[0]),
        End("peer", detail.peer, states[1], detail.there, detail.peer_info, retrans_segs[1]),
    )


def _half(width: int) -> int:
    return (width - len(DIVIDER[0])) // 2


def _roomy(width: int) -> bool:
    """Whether half of it has room for two fields side by side, and for a bar."""
    return _half(width) > 2 * CELL + 2


def _heads(end: End, now_ns: int, width: int) -> list[tuple[Run, ...]]:
    return [_head(end, now_ns)] if _roomy(width) else _head_in_two(end, now_ns)


def _fields(end: End, width: int, absolute: bool) -> list[tuple[Run, ...]]:
    half = _half(width)
    if end.tcbs or end.info:
        return field_lines(end, half - 1, absolute)
    return [((text, "muted"),) for text in wrap(_without_tcb(end), half - 2)]


def _without_tcb(end: End) -> str:
    if end.connection is None:
        return "Its numbers show in its segments alone, and none has been seen."
    return WITHOUT_TCB.get(
        end.connection.row.state, "The kernel gives no TCB for it, and no segment of it has been seen."
    )


def _head(end: End, now_ns: int) -> tuple[Run, ...]:
    """`here  ◐ CLOSE-WAIT for 3m07s · java/4242 fd 58`."""
    state, words = _state(end, now_ns)
    return ((f"{end.title}  ", "label"), state, (f" {words} · " if words else " · ", ""), (_who(end), "strong"))


def _head_in_two(end: End, now_ns: int) -> list[tuple[Run, ...]]:
    state, words = _state(end, now_ns)
    return [((f"{end.title}  ", "label"), state, (f" {words}", "")), (("      ", ""), (_who(end), "strong"))]


def _state(end: End, now_ns: int) -> tuple[Run, str]:
    state = end.connection.row.state if end.connection else end.state
    if state is None:
        return ("state not known", "muted"), ""
    look = STATES[state]
    since = _since(end.connection, now_ns) if end.connection else "as the wire shows it"
    return (f"{look.glyph} {state}", look.style), since


def _since(connection: Connection, now_ns: int) -> str:
    return f"for {'' if connection.since_seen else '≥'}{duration(now_ns - connection.since_ns)}"


def _who(end: End) -> str:
    """Its owner, and where that lives if elsewhere."""
    if end.connection is None:
        return "no socket of it seen here"
    netns = end.connection.row.netns
    return owner_words(end.connection) + (f" · netns {netns.title}" if netns and not netns.here else "")


def _side_by_side(left: list[tuple[Run, ...]], right: list[tuple[Run, ...]], width: int) -> list[Line]:
    half = _half(width)
    lines = []
    for one, other in zip_longest(left, right, fillvalue=()):
        lines.append(Line(((" ", ""), *padded(one, half - 1), DIVIDER, *padded(other, width - half - len(DIVIDER[0])))))
    return lines


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
        first, *rest = wrap(sentence.says, width - ABOUT - 3) or [""]
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
