"""The lines of the packets pane, from one table of columns. Pure.

The initiator of a connection always stands on the left and the arrow tells who sent, so that one connection reads down
the pane as a ladder. A time is absolute where its second begins, and the distance from the segment above elsewhere.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tcpwatch.tcp.event import Event
from tcpwatch.tcp.state import State
from tcpwatch.tui.columns import Column, Laid, cells_of
from tcpwatch.tui.format import SECOND_NS, clock, delta, grouped, short_number
from tcpwatch.tui.line import Line, Run
from tcpwatch.tui.looks import CAUTIONS, STATES, STEPS
from tcpwatch.wire.segment import ACK, FLAG_WORDS, SYN, Endpoint

ARROWS = ("→", "←")


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
    return flag_letters(arrival.event.segment.flags), STEPS[step].style if step else ""


def _seq(arrival: Arrival) -> Run:
    return short_number(arrival.event.seq, 6), ""


def _ack(arrival: Arrival) -> Run:
    event = arrival.event
    return (short_number(event.ack, 6), "") if event.segment.flags & ACK else ("", "")


def _window(arrival: Arrival) -> Run:
    event = arrival.event
    if event.window == 0 and not event.segment.flags & SYN:
        return "0", "caution"
    return short_number(event.window, 6) + ("" if event.scaled else "?"), "muted"


def _length(arrival: Arrival) -> Run:
    length = arrival.event.segment.length
    return (short_number(length, 4), "") if length else ("·", "muted")


def _meaning(arrival: Arrival) -> Run:
    """The step, what analysis says, what the payload begins, what is unusual: what there is, in this order."""
    event = arrival.event
    words = [word.replace("_", " ") for word in event.analysis]
    words += [word for word in (event.app, event.note) if word]
    if event.step:
        look = STEPS[event.step]
        return " · ".join((f"{look.glyph} {event.step}", *words)), look.style
    if event.analysis:
        caution = not CAUTIONS.isdisjoint(event.analysis)
        return ("!" if caution else "· ") + " · ".join(words), "caution" if caution else "muted"
    if words:
        return "  " + " · ".join(words), "accent"
    return ("  data" if event.segment.length else ""), "muted"


_TIME = Column("TIME", _time, least=8, most=8, rank=0, align=">")
_FLAGS = Column("FLG", _flags, least=3, most=4, rank=2)
_NUMBERS = (
    Column("SEQ", _seq, least=5, most=7, rank=4, align=">"),
    Column("ACK", _ack, least=5, most=7, rank=5, align=">"),
    Column("WINDOW", _window, least=6, most=7, rank=7, align=">"),
    Column("LEN", _length, least=4, most=5, rank=3, align=">"),
)
_MEANING = Column("STEP", _meaning, least=15, most=200, rank=6)
PORTS = (_TIME, Column("  ENDS", _ports, least=11, most=11, rank=1), _FLAGS, *_NUMBERS, _MEANING)
ADDRESSES = (_TIME, Column("ENDS", _ends, least=38, most=38, rank=1), _FLAGS, *_NUMBERS, _MEANING)
ADDRESSES_FROM = 110  # cells: room for both addresses beside all the rest


def columns_for(width: int) -> Sequence[Column[Arrival]]:
    """Ports alone in a narrow pane, whole addresses in a wide one."""
    return ADDRESSES if width >= ADDRESSES_FROM else PORTS


def packet_line(arrival: Arrival, laid: Laid[Arrival], related: bool) -> Line:
    """One segment; `related` where it belongs to the selected connection."""
    return Line((("▎" if related else " ", "accent"), *cells_of(laid, arrival)), "related" if related else "")


def states_line(event: Event) -> Line:
    """When exactly it came, the states of both ends after it, and its window: what the row has no room for."""
    runs: list[Run] = [(f" {clock(event.segment.time_ns, 6)}", "label")]
    for end, state in zip(ends_in_order(event), _states_in_order(event), strict=True):
        runs += [(f"  {end.port} ", "muted"), (state, STATES[state].style)]
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
