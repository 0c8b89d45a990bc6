"""Scenarios one after the other: which of them is on, and what is said of it."""

from collections.abc import Sequence

from tcpwatch.lab.scenarios import Scenario

NAME, TITLE = "tour", "many situations on one port"
WATCH = (
    "An echo server with a bug, and its clients. One connection is never closed: CLOSE-WAIT here, FIN-WAIT-2 at its "
    "peer. One talks, one is idle, visits come and go."
)


class Playlist:
    """Some scenarios in their order. `number` is that of the one that is on, from 1; 0 is what comes before the first.

    `over` says that it has been played to its end; `failure`, why it was not; `rests`, that it waits to be followed.
    """

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self.scenarios = tuple(scenarios)
        self.number = 0
        self.over = self.rests = False
        self.failure: str | None = None

    @property
    def scenario(self) -> Scenario | None:
        """What is on; None before the first."""
        return self.scenarios[self.number - 1] if self.number else None

    @property
    def count(self) -> int:
        """How many scenarios there are."""
        return len(self.scenarios)

    @property
    def name(self) -> str:
        """The name of what is on."""
        return self.scenario.name if self.scenario else NAME

    @property
    def title(self) -> str:
        """What it shows, in a few words."""
        return self.scenario.title if self.scenario else TITLE

    @property
    def watch(self) -> str:
        """What to watch, in one paragraph."""
        return self.scenario.advice if self.scenario else WATCH

    @property
    def by_hand(self) -> tuple[int, ...]:
        """The ports from which it sends segments made by hand."""
        return self.scenario.by_hand if self.scenario else ()

    @property
    def last(self) -> bool:
        """Nothing comes after this."""
        return self.number == len(self.scenarios)

    def turn(self, scenarios: int) -> Scenario:
        """The one so many further on, or back, as far as there are any, is on from now."""
        self.number = max(1, min(self.number + scenarios, len(self.scenarios)))
        self.over, self.rests, self.failure = False, False, None
        return self.scenarios[self.number - 1]
