"""What the narration tells, and when: each thing for as long as it takes to read, in the order in which it happened.

A handshake is over in 100 µs and takes half a minute to tell. So what is played waits for its telling, and what
happens meanwhile all the same is told shortly: what is alike on several connections as one, what was told before not
again while other things wait, and nothing of an act that two others have followed. Reads no clock: moments come in, in
nanoseconds, those of the reader apart from those of the wire.
"""

from collections.abc import Collection, Iterable, Sequence
from heapq import heappop, heappush
from itertools import count, takewhile
from typing import NamedTuple

from tcpwatch.monitor.packet_log import LATENESS_NS
from tcpwatch.narration.narrate import narrate
from tcpwatch.narration.step import Kind, NarratedSegment, NarratedSegments, corrected_among
from tcpwatch.tcp.event import Event
from tcpwatch.text.cells import cells
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.why.catalog import Translate

CELLS_A_SECOND = 18  # three English words
LEAST_NS, MOST_NS = 2 * SECOND_NS, 12 * SECOND_NS
LIMIT = 1_000  # things that wait; kinds of them that are known; those remembered of a connection
CONNECTIONS = 256  # remembered


class Deed(NamedTuple):
    """What is done, in words, and since when."""

    time_ns: int
    message: str


class Narrator:
    """Tells one scenario. `message` and `turn` are what is told now: what is done, and a segment that came of it.

    `alike` is on how many more connections the same came, and is told with it. `begun_ns` is when the scenario began
    on the wire; segments from before are not its own. None: that is still to come.
    """

    def __init__(
        self, advice: str, now_ns: int, *,
        begun_ns: int | None = None, hurried: bool = False, by_hand: Collection[int] = (), translate: Translate = str,
    ) -> None:  # fmt: skip
        """`advice` says what to look at, and is told first. The scenario begins with its first deed.

        Where `begun_ns` is given no deed comes: the advice stays, and of the segments only the steps of opening and
        close are told. Where it is `hurried` nobody waits for it, and it leaves out what two deeds have followed.
        `by_hand` are the ports whose segments are made by hand.
        """
        self.message = advice
        self.turn: NarratedSegment | None = None
        self.alike = 0
        self.untold = 0
        self.begun_ns = begun_ns
        self._steps_alone = begun_ns is not None
        self._hurried = hurried
        self._translate = translate
        self._deeds: list[Deed] = []
        self._turns = NarratedSegments(by_hand)
        self._waiting: list[tuple[int, int, Deed | NarratedSegment]] = []
        self._arrivals = count()
        self._known: set[Kind] = set()
        self._passed: dict[int, list[NarratedSegment]] = {}
        self._stream: int | None = None
        self._until_ns = now_ns + reading_ns(advice)

    @property
    def waiting(self) -> int:
        """How many things have happened that are still to be told."""
        return len(self._waiting)

    @property
    def time_ns(self) -> int | None:
        """When that happened which is told now; None where nothing has."""
        if self.turn:
            return self.turn.event.segment.time_ns
        return next((deed.time_ns for deed in reversed(self._deeds) if deed.message == self.message), None)

    @property
    def passed(self) -> Sequence[NarratedSegment]:
        """The segments of the connection that was told of last, up to the last one that had its turn."""
        return self._passed.get(self._stream, []) if self._stream is not None else []

    def at_rest(self, now_ns: int) -> bool:
        """All has been told, and the last of it could be read."""
        return not self._waiting and now_ns >= self._until_ns

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

    def tell(self, now_ns: int, wire_ns: int) -> None:
        """Go on to the next thing where the one before could be read; `wire_ns` is the moment on the wire."""
        if self.begun_ns is None:
            return
        ripe_ns = wire_ns - LATENESS_NS
        if self._hurried:
            self._leave_the_past(now_ns, ripe_ns)
        while now_ns >= self._until_ns and self._waiting and self._waiting[0][0] <= ripe_ns:
            what = heappop(self._waiting)[2]
            if isinstance(what, NarratedSegment):
                self._tell_turn(what, now_ns)
            else:
                self._do(what)
                self._until_ns = now_ns + reading_ns(what.message)

    def go_on(self, now_ns: int) -> None:
        """Let what is told be enough: the next thing is told."""
        self._until_ns = now_ns

    def catch_up(self, now_ns: int) -> None:
        """Leave out all but the newest thing."""
        while self.waiting > 1:
            self._pass_over()
        self._until_ns = now_ns

    def done_at(self, time_ns: int | None) -> str:
        """What was being done at a moment; None: the first thing of all. Empty where nothing was."""
        if time_ns is None:
            return self._deeds[0].message if self._deeds else ""
        return next((deed.message for deed in reversed(self._deeds) if deed.time_ns <= time_ns), "")

    def _leave_the_past(self, now_ns: int, ripe_ns: int) -> None:
        """Of two deeds that wait the older one is past, and with it all that came before the other."""
        deeds = [waiting for waiting in self._waiting if isinstance(waiting[2], Deed) and waiting[0] <= ripe_ns]
        if len(deeds) > 1:
            newest = max(deeds)
            while self._waiting[0] != newest:
                self._pass_over()
            self._until_ns = now_ns

    def _pass_over(self) -> None:
        what = heappop(self._waiting)[2]
        if isinstance(what, NarratedSegment):
            self.untold += 1
            self._remember(what)
        else:
            self._do(what)

    def _do(self, deed: Deed) -> None:
        self.message, self.turn, self.alike = deed.message, None, 0

    def _tell_turn(self, turn: NarratedSegment, now_ns: int) -> None:
        """Tell it where nothing waits behind it, or it shows what was not shown before."""
        if self.begun_ns is None or turn.event.segment.time_ns < self.begun_ns:
            return
        kind = turn.kind
        known = kind in self._known
        if len(self._known) >= LIMIT:  # payloads make kinds, and others write payloads
            self._known.clear()
        self._known.add(kind)
        if (self._steps_alone and turn.event.step is None) or (known and self._waiting):
            self.untold += 1
            self._remember(turn)
            return
        self.alike = self._take_alike(turn, kind)
        self.turn, self._stream = turn, turn.event.stream
        self._remember(turn)
        self._until_ns = now_ns + (LEAST_NS if known else reading_ns(words_of(turn, self._translate)))

    def _take_alike(self, turn: NarratedSegment, kind: Kind) -> int:
        """On how many other connections the same waits to be told, before the next deed: that is told with it."""
        undone = takewhile(lambda waiting: isinstance(waiting[2], NarratedSegment), sorted(self._waiting))
        alike = {
            waiting[1]: what
            for waiting in undone
            if isinstance(what := waiting[2], NarratedSegment)
            and what.event.stream != turn.event.stream
            and what.kind == kind
        }
        self._waiting = sorted(waiting for waiting in self._waiting if waiting[1] not in alike)
        for what in alike.values():
            self._remember(what)
        return len({what.event.stream for what in alike.values()})

    def _remember(self, turn: NarratedSegment) -> None:
        """It has had its turn."""
        passed = self._passed.pop(turn.event.stream, [])
        passed.append(turn)
        self._passed[turn.event.stream] = passed[-LIMIT:]
        if len(self._passed) > CONNECTIONS:
            del self._passed[next(iter(self._passed))]

    def _correct(self, by: NarratedSegment) -> None:
        """Tell what is still to be told, and remember what was, as `by` shows it to have been."""
        waiting, passed = sorted(self._waiting), self._passed.get(by.event.stream, [])
        better = corrected_among([*passed, *(what for _, _, what in waiting)], by)
        turns = [what for what in better[: len(passed)] if isinstance(what, NarratedSegment)]
        if passed:
            self._passed[by.event.stream] = turns
        self.turn = next((turn for turn in turns if self.turn and turn.event is self.turn.event), self.turn)
        self._waiting = [
            (time_ns, arrival, what) for (time_ns, arrival, _), what in zip(waiting, better[len(passed) :], strict=True)
        ]

    def _add(self, time_ns: int, what: Deed | NarratedSegment) -> None:
        if len(self._waiting) < LIMIT:
            heappush(self._waiting, (time_ns, next(self._arrivals), what))
        else:
            self.untold += 1


def words_of(turn: NarratedSegment, translate: Translate) -> str:
    """What somebody has to read: the sentence, and what has moved."""
    told = narrate(turn, translate)
    moved = (f"{move.end} {move.words}" for move in told.moves if move.before is not move.after)
    return " ".join((told.message, *moved))


def reading_ns(text: str) -> int:
    """How long it takes to read, in any language: who writes in wide characters needs fewer."""
    return max(LEAST_NS, min(cells(text) * SECOND_NS // CELLS_A_SECOND, MOST_NS))
