"""Reading a capture file while it is looked at: what is there at once, and the rest in a thread.

Law of the room: one thread at a time reads, and what it has read lies below `ready`, which it moves last.
"""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from threading import Event as Flag
from threading import Thread

from tcpwatch.errors import CaptureFileError
from tcpwatch.monitor.replay.flows import RecordedFlows
from tcpwatch.monitor.replay.signs import RecordedSigns
from tcpwatch.monitor.replay.tracker import ReplayTracker
from tcpwatch.tcp.event import Event

SWITCH_S = 0.001  # the screen takes many short turns for a key, and each waits as long for the thread to give way
PATIENCE_S = 0.2  # for the thread to notice that it is over; it does not keep the process


class StoppedError(Exception):
    """The reading is to end, whatever is left."""


class FileReading:
    """The segments of a file on their way into `flows` and `signs`, up to a limit.

    `ready` is how many are there. Those past the limit are only counted, in `beyond`. `damage` is where the file broke
    off, None where it has not; `over` is whether all of it has been read.
    """

    def __init__(self, events: Iterable[Event], tracker: ReplayTracker, limit: int) -> None:
        """`events` are those of the file, which `tracker` makes."""
        self.flows = RecordedFlows()
        self.signs = RecordedSigns(self.flows.segments, tracker.stream)
        self.ready = 0
        self.beyond = 0
        self.damage: CaptureFileError | None = None
        self.over = False
        self._rest: Iterator[Event] = iter(events)
        self._tracker = tracker
        self._limit = limit
        self._stop = Flag()
        self._thread: Thread | None = None

    def read(self, enough: Callable[[], bool]) -> None:
        """Read until it is enough, which is asked after each segment, or over."""
        try:
            for event in self._rest:
                if self.ready < self._limit:
                    self.flows.add(event)
                    self.signs.add(self.ready, event)
                    self.ready += 1
                else:
                    self._pass_by()
                if enough():
                    return
        except CaptureFileError as error:
            self.damage = error
        self._tracker.let_go()
        self.signs.let_go()
        self.over = True

    def start(self) -> None:
        """Read what is left in a thread; once."""
        if self._thread is None and not self.over:
            self._thread = Thread(target=self._run, name="tcpwatch-replay", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; what waits for a writer is left to itself."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(PATIENCE_S)

    def check(self) -> None:
        """Raise StoppedError where it has been stopped; what reads the file may call it in between."""
        if self._stop.is_set():
            raise StoppedError

    def _run(self) -> None:
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)
        try:
            self.read(self._stop.is_set)
        except StoppedError:
            return
        except Exception as error:  # the thread's last words reach the screen
            self.damage = CaptureFileError(f"reading stopped: {error}")
            self.over = True
        else:
            gc.freeze()  # what was read stays to the end: the collector need not go through it again and again
        finally:
            sys.setswitchinterval(usual_s)

    def _pass_by(self) -> None:
        if not self.beyond:
            self._tracker.let_go()
        self.beyond += 1
