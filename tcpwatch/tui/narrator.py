"""What the narration tells, and when: each thing for as long as it takes to read, in the order in which it happened.

A handshake is over in 100 µs and takes ten seconds to tell, so the telling lags behind; what was told of another
connection already is left out where too much waits. Reads no clock: moments come in, in nanoseconds of the wall clock.
"""

from collections.abc import Collection, Iterable
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from tcpwatch.duration import SECOND_NS
from tcpwatch.monitor.packet_log import LATENESS_NS
from tcpwatch.tcp.event import Event
from tcpwatch.why.turns import Turn, Turns, corrected

ADVICE_NS, ACT_NS, SEGMENT_NS, HURRIED_NS = 5 * SECOND_NS, 3 * SECOND_NS // 2, 2 * SECOND_NS, SECOND_NS
CROWD, CROWDED = 6, 60  # things waiting, from which known ones are left out; from which only steps are told
LIMIT = 1_000


class Deed(NamedTuple):
    """What is done, in words, and since when."""

    time_ns: int
    says: str


class Narrator:
    """Tells one scenario. `says` and `turn` are what is told now: what is done, and a segment that came of it.

    `begun_ns` is when it began; segments from before are not its own. None: that is still to come.
    """

    def __init__(self, advice: str, now_ns: int, *, announced: bool, by_hand: Collection[int] = ()) -> None:
        """`advice` says what to look at, and is told first. Where it is `announced` it begins with the first deed.

        Where not, the advice stays, and of the segments only the steps of opening and close are told.
        `by_hand` are the ports whose segments are made by hand.
        """
        self.says = advice
        self.turn: Turn | None = None
        self.untold = 0
        self.begun_ns = None if announced else now_ns
        self._announced = announced
        self._deeds: list[Deed] = []
        self._turns = Turns(by_hand)
        self._waiting: list[tuple[int, int, Deed | Turn]] = []
        self._arrivals = count()
        self._known: set[object] = set()
        self._until_ns = now_ns + ADVICE_NS

    @property
    def waiting(self) -> int:
        """How many things have happened that are still to be told."""
        return len(self._waiting)

    def hear(self, deeds: Iterable[Deed], events: Iterable[Event]) -> None:
        """Take in what has happened."""
        for deed in deeds:
            if self.begun_ns is None:
                self.begun_ns = deed.time_ns
            self._deeds.append(deed)
            self._add(deed.time_ns, deed)
        for event in events:
            turn = self._turns.of(event)
            if turn.corrects:
                self._correct(turn)
            self._add(event.segment.time_ns, turn)

    def tell(self, now_ns: int) -> None:
        """Go on to the next thing where the one before has been told for long enough."""
        if self.begun_ns is None:
            return
        while now_ns >= self._until_ns and self._waiting and self._waiting[0][0] + LATENESS_NS <= now_ns:
            told = heappop(self._waiting)[2]
            if isinstance(told, Deed):
                self.says, self.turn = told.says, None
                self._until_ns = now_ns + ACT_NS
            elif told.event.segment.time_ns < self.begun_ns:
                continue
            elif self._worth_telling(told):
                self.turn = told
                self._until_ns = now_ns + (HURRIED_NS if self.waiting > CROWD else SEGMENT_NS)
            else:
                self.untold += 1

    def done_at(self, time_ns: int | None) -> str:
        """What was being done at a moment; None: the first thing of all. Empty where nothing was."""
        if time_ns is None:
            return self._deeds[0].says if self._deeds else ""
        return next((deed.says for deed in reversed(self._deeds) if deed.time_ns <= time_ns), "")

    def _correct(self, by: Turn) -> None:
        """Tell what is still to be told as `by` shows it to have been."""
        stream = by.event.stream
        waiting = sorted(self._waiting)
        turns = [what for _, _, what in waiting if isinstance(what, Turn) and what.event.stream == stream]
        told = [self.turn] if self.turn and self.turn.event.stream == stream else []
        better = iter(corrected([*told, *turns], by))
        self.turn = next(better) if told else self.turn
        self._waiting = [
            (time_ns, arrival, next(better) if isinstance(what, Turn) and what.event.stream == stream else what)
            for time_ns, arrival, what in waiting
        ]

    def _add(self, time_ns: int, what: Deed | Turn) -> None:
        if len(self._waiting) < LIMIT:
            heappush(self._waiting, (time_ns, next(self._arrivals), what))
        else:
            self.untold += 1

    def _worth_telling(self, turn: Turn) -> bool:
        """Nothing waits behind it, or it shows what was not shown before."""
        event = turn.event
        kind = event.step, event.analysis, event.note, event.app, bool(event.segment.length), turn.before, turn.after
        known = kind in self._known
        self._known.add(kind)
        if not self._announced and event.step is None:
            return False
        if self.waiting > CROWDED:
            return event.step is not None and not known
        return not known or self.waiting <= CROWD
