"""Which connections of a dump are in trouble, and since when. Reads no clock: the moment of each dump comes in.

What is trouble, the rules of `diagnose` decide; only the ages, which need the dumps before, are kept here.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tcpwatch.diagnose.diagnosis import STATES_TO_TEST, trouble_of
from tcpwatch.diagnose.problem import Since
from tcpwatch.diagnose.rule import Beginning, Trouble
from tcpwatch.diagnose.timers.backoff import failures
from tcpwatch.monitor.snapshot import Connection, Mark


def in_trouble(connections: Iterable[Connection]) -> Iterator[tuple[Trouble, Connection]]:
    """Those that are in trouble, each with the worst it is in."""
    for connection in connections:
        row = connection.row
        if (
            (row.timer or row.recv_q or row.send_q or row.backlog or row.upper or row.state in STATES_TO_TEST)
            and connection.mark is not Mark.GONE  # the test before lets most of 50,000 sockets pass
            and (trouble := trouble_of(connection))
        ):
            yield trouble, connection


class _Spell(NamedTuple):
    """An uninterrupted time in one trouble; `failures` are those of its timer at the last dump."""

    trouble: Trouble
    failures: int
    since: Since


class TroubleAges:
    """Since when connections have been in the troubles that began during their state, from dump to dump."""

    def __init__(self) -> None:
        self._spells: dict[int, _Spell] = {}
        self._looked = False

    def update(self, troubled: Iterable[tuple[Trouble, Connection]], now_ns: int) -> dict[int, Since]:
        """The moments by cookie, as of a dump made at `now_ns` (monotonic) that has these `in_trouble`."""
        self._spells = {
            connection.key: self._spell(trouble, connection, now_ns)
            for trouble, connection in troubled
            if trouble.began is Beginning.DURING_ITS_STATE
        }
        self._looked = True
        return {key: spell.since for key, spell in self._spells.items()}

    def _spell(self, trouble: Trouble, connection: Connection, now_ns: int) -> _Spell:
        """The one that goes on; a new one where the timer has had success in between and has begun anew."""
        row, before = connection.row, self._spells.get(connection.key)
        times = failures(row)
        if before is not None and before.trouble is trouble and before.failures <= times:
            return before._replace(failures=times)
        return _Spell(trouble, times, Since(now_ns - trouble.lasting_ns(connection, now_ns), seen=self._looked))
