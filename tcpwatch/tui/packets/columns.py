"""The lines of the packets pane, from one table of columns. Pure.

The initiator of a connection always stands on the left and the arrow tells who sent, so that one connection reads down
the pane as a ladder. A time is absolute where its second begins, and the distance from the segment above elsewhere.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from tcpwatch.tcp.analysis import CAUTIONS
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.state import State
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.tui.paint.columns import Laid, PaneColumn, cells_of
from tcpwatch.tui.paint.format import clock, delta, grouped, short_number
from tcpwatch.tui.paint.glyphs import STATE_LOOKS, STEP_LOOKS
from tcpwatch.tui.paint.line import Line, Run, cut_host, cut_number
from tcpwatch.wire.segment import ACK, FLAG_WORDS, SYN, Endpoint

ARROWS = ("→", "←")
STEP_WIDTH_LIMIT = 200  # cells that the last column may fill


class Arrival(NamedTuple):
    """An event and when the one above it came (None: there is none)."""

    event: Event
    before_ns: int | None


@lru_cache(maxsize=512)
def flag_letters(flags: int) -> str:
    """`S`, `SA`, `A`, `PA`, `FA`, `R`: the acknowledgment last, as people say it."""
    letters = [word[0] for bit, word in enumerate(FLAG_WORDS) if flags >> bit & 1 and 1 << bit != ACK]
    letters.sort(key="SFRPUECA".index)
    return "".join(letters) + ("A" if flags & ACK else "") or "–"


def _time(arrival: Arrival) -> Run:
    now, before = arrival.event.segment.time_ns, arrival.before_ns
    if before is None or now // SECOND_NS != before // SECOND_NS:
        return clock(now), "label"
    return delta(now - before), "muted"


def ends_in_order(event: Event) -> tuple[Endpoint, Endpoint]:
    """The initiator, then the responder."""
    ends = (event.segment.source, event.segment.destination)
    return (ends[1], ends[0]) if event.side else ends


def _ports(arrival: Arrival) -> Run:
    initiator, responder = ends_in_order(arrival.event)
    return f"{initiator.port:>5}{ARROWS[arrival.event.side]}{responder.port:<5}", ""


def _ends(arrival: Arrival) -> Run:
    initiator, responder = ends_in_order(arrival.event)
    return f"{initiator} {ARROWS[arrival.event.side]} {responder}", ""


def _flags(arrival: Arrival) -> Run:
    step = arrival.event.step
    return flag_letters(arrival.event.segment.flags), STEP_LOOKS[step].style if step else ""


def _host(arrival: Arrival) -> Run:
    return ends_in_order(arrival.event)[0].ip, ""


def _seq(arrival: Arrival) -> Run:
    return str(arrival.event.seq), ""


def _ack(arrival: Arrival) -> Run:
    event = arrival.event
    return (str(event.ack), "") if event.segment.flags & ACK else ("", "")


def _window(arrival: Arrival) -> Run:
    event = arrival.event
    if event.window == 0 and not event.segment.flags & SYN:
        return "0", "caution"
    return short_number(event.window, 6) + ("" if event.scaled else "?"), ""


def _length(arrival: Arrival) -> Run:
    length = arrival.event.segment.length
    return (short_number(length, 5), "") if length else ("·", "")


def shows_trouble(event: Event) -> bool:
    """Whether the segment tells of loss or of a stopped window."""
    return not CAUTIONS.isdisjoint(event.analysis)


def _meaning(arrival: Arrival) -> Run:
    """The step, what analysis found, how the payload begins, what is unusual: what there is, in this order."""
    event = arrival.event
    words = [word.replace("_", " ") for word in event.analysis]
    words += [word for word in (event.app, event.note) if word]
    if event.step:
        look = STEP_LOOKS[event.step]
        return " · ".join((f"{look.glyph} {event.step}", *words)), look.style
    if event.analysis:
        caution = shows_trouble(event)
        return ("!" if caution else "· ") + " · ".join(words), "caution" if caution else "muted"
    if words:
        return "  " + " · ".join(words), "accent"
    return ("  data" if event.segment.length else ""), ""


def _meaning_and_length(arrival: Arrival) -> Run:
    """`data 14`, `1/3 SYN +14` (Fast Open): for a pane that has no room for the length's own column."""
    text, style = _meaning(arrival)
    event = arrival.event
    length = short_number(event.segment.length, 5)
    if not event.segment.length or event.analysis or event.app:
        return text, style
    step, dot, rest = text.partition(" · ")
    return f"{step} {'+' if event.step else ''}{length}{dot}{rest}", style


_TIME = PaneColumn("TIME", _time, least=8, usual=8, most=8, rank=0, align=">")
_PORTS = PaneColumn("  ENDS", _ports, least=11, usual=11, most=11, rank=1)
_ENDS = PaneColumn("ENDS", _ends, least=38, usual=38, most=38, rank=1)
_HOST = PaneColumn("HOST", _host, least=7, usual=15, most=39, rank=7, cut=cut_host)
_FLAGS = PaneColumn("FLG", _flags, least=3, usual=4, most=8, rank=2)
_NUMBERS = (
    PaneColumn("SEQ", _seq, least=5, usual=7, most=13, rank=3, align=">", cut=cut_number),
    PaneColumn("ACK", _ack, least=5, usual=7, most=13, rank=4, align=">", cut=cut_number),
)
_WINDOW = PaneColumn("WINDOW", _window, least=6, usual=7, most=7, rank=8, align=">")
_LENGTH = PaneColumn("LEN", _length, least=5, usual=5, most=5, rank=6, align=">")
_STEP = PaneColumn("STEP", _meaning, least=15, usual=15, most=STEP_WIDTH_LIMIT, rank=5)
_STEP_AND_LENGTH = replace(_STEP, cell=_meaning_and_length)

ADDRESSES_FROM, LENGTH_FROM = 110, 76  # cells from which there is room for both addresses, for the length's own column


def columns_for(width: int, ambiguous: bool = False) -> tuple[PaneColumn[Arrival], ...]:
    """Whole addresses in a wide pane; in a narrow one ports alone, with the host where these are `ambiguous`."""
    if width >= ADDRESSES_FROM:
        return (_TIME, _ENDS, _FLAGS, *_NUMBERS, _WINDOW, _LENGTH, _STEP)
    ends = (_HOST, _PORTS) if ambiguous else (_PORTS,)
    if width >= LENGTH_FROM:
        return (_TIME, *ends, _FLAGS, *_NUMBERS, _WINDOW, _LENGTH, _STEP)
    return (_TIME, *ends, _FLAGS, *_NUMBERS, _STEP_AND_LENGTH)


def ambiguous_ports(events: Iterable[Event]) -> bool:
    """Whether these segments were initiated by several hosts, so that a port does not tell whose it is."""
    return len({ends_in_order(event)[0].ip for event in events}) > 1


def packet_line(arrival: Arrival, laid: Laid[Arrival], related: bool) -> Line:
    """One segment; `related` where it belongs to the selected connection."""
    return Line((("▎" if related else " ", "accent"), *cells_of(laid, arrival)), "related" if related else "")


def states_line(event: Event) -> Line:
    """When exactly it came, the states of both ends after it, and its window: what the row has no room for."""
    runs: list[Run] = [(f" {clock(event.segment.time_ns, 6)}", "label")]
    for end, state in zip(ends_in_order(event), _states_in_order(event), strict=True):
        runs += [(f" {end.port} ", "muted"), (state, STATE_LOOKS[state].style)]
    return Line((*runs, (f"  window {grouped(event.window)}{'' if event.scaled else ' raw'}", "muted")))


def _states_in_order(event: Event) -> tuple[State, State]:
    return (event.dst_state, event.src_state) if event.side else (event.src_state, event.dst_state)


def packet_words(event: Event) -> str:
    """A segment in full, to be copied."""
    segment = event.segment
    source, destination = segment.source, segment.destination
    parts = (
        clock(segment.time_ns, 6),
        f"{source} → {destination}",
        f"[{flag_letters(segment.flags)}]",
        f"seq {event.seq} ack {event.ack} win {event.window} len {segment.length}",
        event.step,
        " · ".join(event.analysis),
        event.app,
        event.note,
        f"{source.port} {event.src_state}, {destination.port} {event.dst_state}",
    )
    return "  ".join(part for part in parts if part)
