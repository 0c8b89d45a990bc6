"""When a source of frames did not work, and what became of its interface: what the list of segments cannot tell.

Law of the room: nothing is guessed. A time is that of the look that found the change, a tenth of a second late at most.
"""

from typing import NamedTuple

KEPT = 200  # the newest; an interface that flaps may make many


class Interruption(NamedTuple):
    """Something that happened to the capture before event number `before` came.

    It lasted from `since_ns` to `until_ns` on the wall clock; None while it lasts, the same moment for a change of name
    or a new interface of the same name, of which nobody saw how long it took.
    """

    before: int
    what: str
    since_ns: int
    until_ns: int | None

    @property
    def lasts(self) -> bool:
        """Whether nothing is captured now."""
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
        return self.all[-1].since_ns if self.all and self.all[-1].lasts else None

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

    def _begin(self, end: int, message: str, now_ns: int) -> None:
        self._add(Interruption(end, message.partition(", waiting")[0], now_ns, None))

    def _end(self, now_ns: int) -> None:
        if self.all and self.all[-1].lasts:
            self.all = (*self.all[:-1], self.all[-1]._replace(until_ns=now_ns))

    def _add(self, interruption: Interruption) -> None:
        self.all = (*self.all, interruption)[-KEPT:]
