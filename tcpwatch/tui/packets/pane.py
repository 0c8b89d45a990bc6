"""The packets pane: one line a segment, following the tail until the user looks at something."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from tcpwatch.monitor.interruptions import Interruption
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.traffic.packet_log import Segments
from tcpwatch.tcp.event import Event
from tcpwatch.tui.messages import DetailWanted, PacketChosen
from tcpwatch.tui.packets.columns import (
    Arrival,
    ambiguous_ports,
    columns_for,
    packet_line,
    packet_words,
    shows_trouble,
    states_line,
)
from tcpwatch.tui.packets.interruptions import Interleaved, interruption_line
from tcpwatch.tui.paint.columns import Laid, lay_out, titles
from tcpwatch.tui.paint.format import clock, grouped
from tcpwatch.tui.paint.line import Line, wrap_words
from tcpwatch.tui.paint.rows import Rows
from tcpwatch.wire.segment import RST, reversed_ends

Passing = Callable[[Sequence[Event]], frozenset[int]]
"""Which streams among these events are to be shown."""

IN_THREAD_FROM = 10_000  # segments from which filtering them takes longer than a key press may
MARGIN = 1  # the bar that marks the selected connection's segments


class Packets(Rows[float]):
    """The segments of a log, known by their number in it; one is looked up when it is painted, none is copied.

    `nothing` is its text while there is none; `limited` is whether only the selected connection's are shown. Between
    them stands what interrupted the capture, known by a fraction.
    """

    HELP = (
        "Every segment that crossed the wire, with its step in the opening and the close. The pane follows the newest."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "Follow", id="packets.follow", tooltip="Stay at the newest segment, or stop there"),
        Binding("m", "marked(1)", "Marked", id="packets.marked", tooltip="To the next segment marked ! or an RST"),
        Binding("M", "marked(-1)", "Marked back", show=False, id="packets.marked_back", tooltip="To the one before"),
    ]

    def __init__(self, log: Segments, target: str, *, id: str | None = None) -> None:
        super().__init__(id=id, follows=True)
        self._log = log
        self._target = target
        self._status: SourceStatus | None = None
        self._numbers: Sequence[int] = ()
        self._selected: frozenset[bytes] = frozenset()
        self.limited = False
        self._passing: Passing | None = None
        self._streams: frozenset[int] | None = None
        self._filtering = False
        self._seen = 0
        self.nothing = "Listening: no segment yet."
        self._ambiguous = False

    def pull(self, status: SourceStatus | None) -> None:
        """Show what has come; `status` is the reason where nothing can come."""
        before, self._status = self._status, status
        first, end = self._log.first, self._log.end
        interrupted = (before.interruptions if before else ()) != self._interruptions
        if end < self._seen:
            self._show_afresh()
        elif self._filtered:
            self._show(self._filtered_rows(first, end))
        elif (first, end) != self._held() or interrupted:
            self._show(range(first, end))
        elif before != status:
            self.repaint_changed()
        self._seen = end

    def select(self, ends: bytes | None) -> None:
        """Mark the segments of this connection, both directions."""
        self._selected = frozenset((ends, reversed_ends(ends))) if ends else frozenset()
        if self.limited:
            self._show_afresh()
        self.repaint_changed()

    def limit(self, limited: bool) -> None:
        """Show the selected connection's segments only, or all."""
        if limited != self.limited:
            self.limited = limited
            self._show_afresh()

    def apply_filter(self, passing: Passing | None) -> None:
        """Show only the streams that this finds among events (None: all), as of now; asked again where more come."""
        self._passing = passing
        if passing is None:
            self._take_streams(None)
        elif self._log.end - self._log.first < IN_THREAD_FROM:
            self._take_streams(passing(self._log.slice(self._log.first)[1]))
        elif not self._filtering:
            self._filtering = True
            self.run_worker(self._filter_in_thread())

    async def _filter_in_thread(self) -> None:
        """Filter again until what is shown is what the user has asked for meanwhile."""
        done = None
        while self._passing is not None and self._passing is not done:
            done = self._passing
            streams = await asyncio.to_thread(done, self._log.slice(self._log.first)[1])
            if self._passing is not None:
                self._take_streams(streams)
        self._filtering = False

    def _take_streams(self, streams: frozenset[int] | None) -> None:
        if streams != self._streams:
            self._streams = streams
            self._show_afresh()

    @property
    def _filtered(self) -> bool:
        return self.limited or self._streams is not None

    @property
    def words(self) -> str:
        """The cursor's segment in full, to be copied."""
        event = self.selected
        return packet_words(event) if event else ""

    def _held(self) -> tuple[int, int]:
        return (self._numbers[0], self._numbers[-1] + 1) if self._numbers else (0, 0)

    @property
    def _interruptions(self) -> tuple[Interruption, ...]:
        return self._status.interruptions if self._status else ()

    def _show(self, numbers: Sequence[int]) -> None:
        """Show the events with these numbers, and between them what interrupted the capture."""
        self._numbers = numbers
        shown = [one for one in self._interruptions if one.before >= self._log.first]
        self.set_rows(Interleaved(numbers, shown) if shown else numbers)

    def _show_afresh(self) -> None:
        first, end = self._log.first, self._log.end
        self._seen = end
        self._show(self._matching(*self._log.slice(first, end)) if self._filtered else range(first, end))

    def _filtered_rows(self, first: int, end: int) -> list[int]:
        kept = list(self._numbers[bisect_left(self._numbers, first) :])
        start, events = self._log.slice(max(self._seen, first), end)
        if self._passing is not None and self._streams is not None:
            self._streams |= self._passing(events)
        return kept + self._matching(start, events)

    def _matching(self, start: int, events: Sequence[Event]) -> list[int]:
        """The numbers of those to show; `start` is that of the first."""
        numbered: Iterable[tuple[int, Event]] = enumerate(events, start)
        if (streams := self._streams) is not None:
            numbered = [(number, event) for number, event in numbered if event.stream in streams]
        if self.limited:
            return [number for number, event in numbered if event.segment.ends in self._selected]
        return [number for number, _ in numbered]

    def _event(self, number: float) -> Event | None:
        if not isinstance(number, int):
            return None
        _, events = self._log.slice(number, number + 1)
        return events[0] if events else None

    @property
    def selected(self) -> Event | None:
        """The cursor's segment; None where there is none, or it has fallen out."""
        number = self.current
        return None if number is None else self._event(number)

    # What Rows asks for.

    def key_of(self, row: float) -> Hashable:
        """The number of the event, a fraction where it is none."""
        return row

    def index_of(self, key: Hashable) -> int | None:
        """By bisection: the numbers rise."""
        assert isinstance(key, int | float)
        index = bisect_left(self.rows, key)
        return index if index < len(self.rows) and self.rows[index] == key else None

    def title(self) -> str:
        """What is watched, how much of it is held, and whether the newest is on the screen."""
        now = self._status.place if self._status else None
        place = f"{now} (was {self._target})" if now else self._target
        if self._status and not self._status.working and not self.rows:
            return " · ".join(("Packets", place, "not captured"))
        if self._status and self._status.since_ns is not None:
            words = ("Packets", place, grouped(len(self._numbers)), "not captured since")
            return f"{' · '.join(words)} {clock(self._status.since_ns)}"
        tail = "following" if self.following else "paused · End to follow"
        if not self.following and self.below:
            tail = f"paused, {grouped(self.below)} below · End to follow"
        count = grouped(len(self._numbers))
        if self._streams is not None:
            count = f"filtered {count} of {grouped(self._log.end - self._log.first)}"
        only = ("selected connection only",) if self.limited else ()
        left_out = self._status.left_out if self._status else ()
        return " · ".join(("Packets", place, count, *left_out, *only, tail))

    def titles(self) -> Line:
        """The columns' titles."""
        return Line(((" " * MARGIN + titles(self._laid()), ""),), "titles")

    def row_line(self, index: int) -> Line:
        """One segment; blank where it has fallen out a moment ago."""
        if isinstance(self.rows, Interleaved) and (one := self.rows.interruptions.get(self.rows[index])):
            return interruption_line(one)
        event = self._event(self.rows[index])
        if event is None:
            return Line()
        before = self._event(self.rows[index - 1]) if index else None
        arrival = Arrival(event, before.segment.time_ns if before else None)
        return packet_line(arrival, self._laid(), event.segment.ends in self._selected)

    def empty_lines(self) -> Sequence[Line]:
        """Why there are no segments and what to do about it, in words."""
        width = self.line_width - 2
        if self._status is None or self._status.working:
            words = "No segment of the selected connection yet." if self.limited else self.nothing
            words = "No segment's connection passes the filter." if self._streams is not None else words
            return [Line(((" " + line, "muted"),)) for line in wrap_words(words, width)]
        lines = [Line(), *(Line(((" " + line, "caution"),)) for line in wrap_words(self._status.message, width))]
        if self._status.fix:
            lines += [Line(), Line(((" To see packets:", "muted"),))]
            lines += [Line((("   " + line, "strong"),)) for line in wrap_words(self._status.fix, width - 2)]
        return [*lines, Line(), *(Line(((" " + line, "muted"),)) for line in wrap_words(WITHOUT, width))]

    def foot(self) -> Line | None:
        """What the row of the cursor has no room for."""
        event = None if self.following else self.selected
        return states_line(event) if event else None

    def measure(self) -> None:
        """Show the hosts too, from when segments of several came."""
        if not self._ambiguous and self.rows:
            shown = [number for number in self.on_screen if isinstance(number, int)]
            self._ambiguous = ambiguous_ports(self._log.slice(shown[0], shown[-1] + 1)[1]) if shown else False

    def cursor_moved(self) -> None:
        """Tell which connection the segment belongs to."""
        if event := self.selected:
            self.post_message(PacketChosen(event))

    def opened(self) -> None:
        """Show the detail of its connection."""
        self.cursor_moved()
        self.post_message(DetailWanted())

    def _laid(self) -> Laid[Arrival]:
        width = self.line_width - MARGIN
        return lay_out(columns_for(width, self._ambiguous), width)

    def action_follow(self) -> None:
        """Follow the tail, or stop where it is."""
        self.follow(not self.following)

    def action_marked(self, way: int) -> None:
        """To the next segment (1), or the one before (-1), that tells of loss, a stopped window or an abrupt end."""
        start, events = self._log.slice(self._log.first)
        shown = [
            (index, events[number - start])
            for index, number in enumerate(self.rows)
            if isinstance(number, int) and number >= start
        ]
        marked = [index for index, event in shown if event.segment.flags & RST or shows_trouble(event)]
        ahead = [index for index in marked if (index - self.cursor) * way > 0]
        if not marked:
            self.notify("No segment that is shown tells of loss, a stopped window or an RST.", markup=False, timeout=3)
        else:
            self._user_puts((ahead or marked)[0 if way > 0 else -1])


WITHOUT = "The socket table and each connection's counters work without packets."
