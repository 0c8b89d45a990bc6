"""Sources with a script in place of a kernel, for what the Monitor makes of them."""

from collections.abc import Sequence

from tcpwatch.capture.frame import Frame, Statistics
from tcpwatch.errors import SourceError
from tcpwatch.sockets.row import SocketRow


class ScriptedSockets:
    """A socket table for each dump; None is a dump that fails."""

    name = "script"
    message = "scripted sockets"

    def __init__(self, *dumps: Sequence[SocketRow] | None) -> None:
        self._dumps = list(dumps)
        self.closed = 0

    def dump(self) -> list[SocketRow]:
        rows = self._dumps.pop(0) if len(self._dumps) > 1 else self._dumps[0]
        if rows is None:
            raise SourceError("the kernel does not answer")
        return list(rows)

    def close(self) -> None:
        self.closed += 1


class ScriptedNumbers:
    """Counters or sysctls: one set of numbers for each reading."""

    def __init__(self, *readings: dict[str, int]) -> None:
        self._readings = list(readings)
        self.closed = False

    def read(self) -> dict[str, int]:
        return self._readings.pop(0)

    def local_ports(self) -> None:
        return None

    def close(self) -> None:
        self.closed = True


class ScriptedFrames:
    """Batches of frames, then none; `lost` are counted as dropped."""

    name = "lo"
    link_type = None
    message = "scripted frames"
    working = True

    def __init__(self, *batches: Sequence[Frame], lost: int = 0) -> None:
        self._batches = list(batches)
        self._lost = lost
        self._received = 0
        self.closed = 0

    def frames(self, timeout_ms: int) -> Sequence[Frame]:
        batch = self._batches.pop(0) if self._batches else ()
        self._received += len(batch)
        return batch

    def statistics(self) -> Statistics:
        return Statistics(self._received + self._lost, self._lost)

    def close(self) -> None:
        self.closed += 1
