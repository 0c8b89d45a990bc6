"""When a source of frames did not work, and what became of its interface: what the list of segments cannot tell.

Law of the room: nothing is guessed. A time is that of the look that found the change, a tenth of a second late at most.
Where all interfaces are captured on, each that stops is an interruption of its own.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tcpwatch.sockets.host import Link, LinkChange

KEPT = 200  # the newest; an interface that flaps may make many


class Interruption(NamedTuple):
    """Something that happened to the capture before event number `before` came.

    It lasted from `since_ns` to `until_ns` on the wall clock; None while it lasts, the same moment for a change of name
    or a new interface of the same name, of which nobody saw how long it took. `link` is the interface where it is one
    of all that are captured on: the others go on.
    """

    before: int
    what: str
    since_ns: int
    until_ns: int | None
    link: str | None = None

    @property
    def lasts(self) -> bool:
        """Whether nothing is captured now, there or at all."""
        return self.until_ns is None


class Interruptions:
    """The interruptions until now, from what a source says of itself at each look."""

    def __init__(self, working: bool, message: str, name: str, now_ns: int) -> None:
        self.all: tuple[Interruption, ...] = ()
        self._said = (working, message)
        self._name = name
        if not working:
            self._begin(0, message, now_ns)

    @property
    def since_ns(self) -> int | None:
        """Since when nothing is captured; None while something is."""
        return next((one.since_ns for one in reversed(self.all) if one.lasts and one.link is None), None)

    def look(self, working: bool, message: str, name: str, end: int, now_ns: int) -> None:
        """Compare with the last look; `end` is the number of the next event, `name` that of the interface now."""
        if (working, message) == self._said and name == self._name:
            return
        was_working, before = self._said
        self._said, old_name, self._name = (working, message), self._name, name
        if not working and (was_working or message != before):
            self._end(now_ns)
            self._begin(end, message, now_ns)
        elif working and not was_working:
            self._end(now_ns)
        elif working and message != before and name == old_name:
            self._add(Interruption(end, f"{name} was created again", now_ns, now_ns))
        if name != old_name:
            self._add(Interruption(end, f"{old_name} is now called {name}", now_ns, now_ns))

    def look_at_links(self, changes: Iterable[LinkChange], end: int, now_ns: int) -> None:
        """What became of single interfaces, where all are captured on."""
        for before, after in ((change.before, change.after) for change in changes):
            if before and after and before.name != after.name:
                self._of_link(after.name, f"{before.name} is now called {after.name}", end, now_ns, now_ns)
                self._rename(before.name, after.name)
            self._compare(before, after, end, now_ns)

    def _compare(self, before: Link | None, after: Link | None, end: int, now_ns: int) -> None:
        """A link that never worked may stay as it is without a word, and go."""
        link = after or before
        if link is None:
            return
        name, lasting = link.name, self._lasting(link.name)
        trouble = after.trouble if after is not None else "is gone"
        worked = before is not None and before.trouble is None
        if lasting is not None and lasting.what != f"{name} {trouble}":
            self._end(now_ns, name, replaced=trouble is not None)
        if trouble is None:
            if lasting is None and not worked:
                self._of_link(name, f"{name} is up", end, now_ns, now_ns)
        elif worked or (lasting is not None and lasting.what != f"{name} {trouble}"):
            self._of_link(name, f"{name} {trouble}", end, now_ns, None)

    def _lasting(self, name: str | None) -> Interruption | None:
        return next((one for one in reversed(self.all) if one.lasts and one.link == name), None)

    def _of_link(self, name: str, what: str, end: int, since_ns: int, until_ns: int | None) -> None:
        self._add(Interruption(end, what, since_ns, until_ns, name))

    def _rename(self, old: str, new: str) -> None:
        """What lasts goes on under the new name."""
        if (lasting := self._lasting(old)) is not None:
            renamed = lasting._replace(link=new, what=new + lasting.what.removeprefix(old))
            self.all = tuple(renamed if one is lasting else one for one in self.all)

    def _begin(self, end: int, message: str, now_ns: int) -> None:
        self._add(Interruption(end, message.partition(", waiting")[0], now_ns, None))

    def _end(self, now_ns: int, name: str | None = None, replaced: bool = False) -> None:
        """Of what began and ended between two looks, and was `replaced` by worse, nothing is kept: who goes is down."""
        if (lasting := self._lasting(name)) is not None:
            unseen = replaced and lasting.since_ns == now_ns
            ended = lasting._replace(until_ns=max(now_ns, lasting.since_ns + 1))
            self.all = tuple(ended if one is lasting else one for one in self.all if not (unseen and one is lasting))

    def _add(self, interruption: Interruption) -> None:
        self.all = (*self.all, interruption)[-KEPT:]
