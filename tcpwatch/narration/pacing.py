"""What is narrated, and when: each thing for as long as it takes to read, in the order in which it happened.

A handshake is over in 100 µs and takes half a minute to read about. So what plays waits for its narration, and what
happens meanwhile all the same is cut short: what is alike on several connections is shown as one, what was shown before
not again while other things wait, and nothing of an act that two others have followed. Reads no clock: moments come in,
in nanoseconds, those of the reader apart from those of the wire.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from tcpwatch.narration.narrate import narrate
from tcpwatch.narration.queue import NarrationQueue
from tcpwatch.narration.step import NarratedSegment, NarratedSegments, SegmentKind
from tcpwatch.tcp.event import Event
from tcpwatch.text.cells import cells
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.why.catalog import Translate

CELLS_A_SECOND = 18  # three English words
LEAST_NS, MOST_NS = 2 * SECOND_NS, 12 * SECOND_NS
NARRATION_LIMIT = 1_000  # things that wait; kinds of them that are known; those remembered of a connection
CONNECTIONS = 256  # remembered


class NarratedAct(NamedTuple):
    """An act of a scenario, in one sentence, and when it began."""

    time_ns: int
    message: str


class Narrator:
    """Narrates one scenario. `message` and `segment` are what is shown now: an act, and a segment that came of it.

    `alike` is on how many more connections the same came, and is narrated with it. `left_out` counts the segments that
    were not shown. `begun_ns` is when the scenario began on the wire; segments from before are not its own. None: that
    is still to come.
    """

    def __init__(
        self, advice: str, now_ns: int, *,
        begun_ns: int | None = None, hurried: bool = False, by_hand: Collection[int] = (), translate: Translate = str,
    ) -> None:  # fmt: skip
        """`advice` says what to look at, and comes first. The scenario begins with its first act.

        Where `begun_ns` is given no act comes: the advice stays, and of the segments only the steps of opening and
        close are shown. Where it is `hurried` nothing waits for it, and it leaves out what two acts have followed.
        `by_hand` are the ports whose segments are made by hand.
        """
        self.message = advice
        self.segment: NarratedSegment | None = None
        self.alike = 0
        self.left_out = 0
        self.begun_ns = begun_ns
        self._steps_alone = begun_ns is not None
        self._hurried = hurried
        self._translate = translate
        self._acts: list[NarratedAct] = []
        self._segments = NarratedSegments(by_hand)
        self._queue = NarrationQueue[NarratedAct]()
        self._known: set[SegmentKind] = set()
        self._passed: dict[int, list[NarratedSegment]] = {}  # by stream
        self._stream: int | None = None
        self._until_ns = now_ns + reading_ns(advice)

    @property
    def waiting(self) -> int:
        """How many things have happened that are still to be shown."""
        return len(self._queue)

    @property
    def time_ns(self) -> int | None:
        """When that happened which is shown now; None where nothing has."""
        if self.segment:
            return self.segment.event.segment.time_ns
        return next((act.time_ns for act in reversed(self._acts) if act.message == self.message), None)

    @property
    def passed(self) -> Sequence[NarratedSegment]:
        """The segments of the connection that was shown last, as far as they were shown or left out."""
        return self._passed.get(self._stream, []) if self._stream is not None else []

    def at_rest(self, now_ns: int) -> bool:
        """All has been shown, and the last of it could be read."""
        return not self._queue and now_ns >= self._until_ns

    def receive(self, acts: Iterable[NarratedAct], events: Iterable[Event]) -> None:
        """Take in what has happened."""
        for act in acts:
            if self.begun_ns is None:
                self.begun_ns = act.time_ns
            self._acts.append(act)
            self._add(act.time_ns, act)
        for event in events:
            narrated = self._segments.of(event)
            if narrated.corrects:
                self._correct(narrated)
            self._add(event.segment.time_ns, narrated)

    def advance(self, now_ns: int, wire_ns: int) -> None:
        """Go on to the next thing where the one before could be read; `wire_ns` is the moment on the wire."""
        if self.begun_ns is None:
            return
        if self._hurried:
            self._leave_the_past(now_ns, wire_ns)
        while now_ns >= self._until_ns and self._queue.has_due(wire_ns):
            _, item = self._queue.pop()
            if isinstance(item, NarratedSegment):
                self._show_segment(item, now_ns)
            else:
                self._show_act(item)
                self._until_ns = now_ns + reading_ns(item.message)

    def go_on(self, now_ns: int) -> None:
        """What is shown has been read: show the next thing."""
        self._until_ns = now_ns

    def catch_up(self, now_ns: int) -> None:
        """Leave out all but the newest thing."""
        while self.waiting > 1:
            self._pass_over()
        self._until_ns = now_ns

    def act_at(self, time_ns: int | None) -> str:
        """The act that went on at a moment; None: the first act. Empty where none did."""
        if time_ns is None:
            return self._acts[0].message if self._acts else ""
        return next((act.message for act in reversed(self._acts) if act.time_ns <= time_ns), "")

    def _leave_the_past(self, now_ns: int, wire_ns: int) -> None:
        """Of two acts that wait the older one is past, and with it all that came before the other."""
        acts = [item for item in self._queue.due(wire_ns) if isinstance(item, NarratedAct)]
        if len(acts) > 1:
            while self._queue.first is not acts[-1]:
                self._pass_over()
            self._until_ns = now_ns

    def _pass_over(self) -> None:
        _, item = self._queue.pop()
        if isinstance(item, NarratedSegment):
            self._leave_out(item)
        else:
            self._show_act(item)

    def _show_act(self, act: NarratedAct) -> None:
        self.message, self.segment, self.alike = act.message, None, 0

    def _show_segment(self, narrated: NarratedSegment, now_ns: int) -> None:
        """Show it where nothing waits behind it, or it is of a kind that was not shown before."""
        if self.begun_ns is None or narrated.event.segment.time_ns < self.begun_ns:
            return
        known = narrated.kind in self._known
        if len(self._known) >= NARRATION_LIMIT:  # payloads make kinds, and others write payloads
            self._known.clear()
        self._known.add(narrated.kind)
        if (self._steps_alone and narrated.event.step is None) or (known and self._queue):
            self._leave_out(narrated)
            return
        alike = self._queue.take_alike(narrated)
        for other in alike:
            self._remember(other)
        self.alike = len({other.event.stream for other in alike})
        self.segment, self._stream = narrated, narrated.event.stream
        self._remember(narrated)
        self._until_ns = now_ns + (LEAST_NS if known else reading_ns(words_of(narrated, self._translate)))

    def _leave_out(self, narrated: NarratedSegment) -> None:
        self.left_out += 1
        self._remember(narrated)

    def _remember(self, narrated: NarratedSegment) -> None:
        """It has left the queue."""
        stream = narrated.event.stream
        passed = self._passed.pop(stream, [])
        passed.append(narrated)
        self._passed[stream] = passed[-NARRATION_LIMIT:]
        if len(self._passed) > CONNECTIONS:
            del self._passed[next(iter(self._passed))]

    def _correct(self, by: NarratedSegment) -> None:
        """Correct what waits, what has left the queue and what is shown, as `by` proves it to have been."""
        passed = self._queue.correct(by, self._passed.get(by.event.stream, ()))
        if passed:
            self._passed[by.event.stream] = passed
        shown = self.segment
        self.segment = next((one for one in passed if shown and one.event is shown.event), shown)

    def _add(self, time_ns: int, item: NarratedAct | NarratedSegment) -> None:
        if len(self._queue) < NARRATION_LIMIT:
            self._queue.add(time_ns, item)
        else:
            self.left_out += 1


def words_of(narrated: NarratedSegment, translate: Translate) -> str:
    """What there is to read of a segment: the sentence, and what has moved."""
    description = narrate(narrated, translate)
    moved = (f"{move.end} {move.words}" for move in description.moves if move.before is not move.after)
    return " ".join((description.message, *moved))


def reading_ns(text: str) -> int:
    """How long it takes to read, by the cells it is wide: wide characters have more meaning each."""
    return max(LEAST_NS, min(cells(text) * SECOND_NS // CELLS_A_SECOND, MOST_NS))
