"""Which program has taken over from another of the same name: it started later, and listens. Reads no clock."""

from collections.abc import Iterable, Sequence

from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import Owner
from tcpwatch.tcp.state import State


class Successors:
    """The listeners of one dump, by the port, with all who hold them."""

    def __init__(self, connections: Iterable[Connection]) -> None:
        listen, gone = State.LISTEN, Mark.GONE  # looked up once: this runs over 50,000 sockets
        self._holders: dict[int, list[Owner]] = {}
        self._listening: set[int] = set()
        for one in connections:
            if one.row.state is listen and one.mark is not gone:
                self._holders.setdefault(one.row.local.port, []).extend(one.owners)
                self._listening.update(owner.pid for owner in one.owners)

    def listens(self, owner: Owner) -> bool:
        """Whether it holds a listener."""
        return owner.pid in self._listening

    def of(self, owner: Owner, sockets: Sequence[Connection]) -> Owner | None:
        """The newest of its name that started later and listens on a port of these sockets; it itself does not listen.

        Where the start of a process is not known, nothing is said.
        """
        if owner.pid in self._listening or not owner.start_ticks or owner.gone:
            return None
        later = {
            port: holder
            for port, holders in self._holders.items()
            for holder in holders
            if holder.command == owner.command and holder.start_ticks > owner.start_ticks
        }
        if not later:  # most programs: their sockets need no look
            return None
        served = later.keys() & {one.row.local.port for one in sockets}
        return max((later[port] for port in served), key=lambda holder: holder.start_ticks, default=None)
