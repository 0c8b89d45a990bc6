"""Some scenarios in their order, the current one, and how far it has come."""

from collections.abc import Sequence

from tcpwatch.lab.scenarios import Scenario

TOUR_NAME, TOUR_TITLE = "tour", "many situations on one port"
TOUR_ADVICE = (
    "An echo server with a bug, and its clients. One connection is never closed: CLOSE-WAIT here, FIN-WAIT-2 at its "
    "peer. One talks, one is idle, visits come and go."
)


class Playlist:
    """Some scenarios in their order. `number` is that of the current one, from 1; 0 is what comes before the first.

    `over`: it has been played to its end, or has failed. `failure`: why it has failed. `rests`: its next act waits for
    `go_on`.
    """

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self.scenarios = tuple(scenarios)
        self.number = 0
        self.over = self.rests = False
        self.failure: str | None = None

    @property
    def scenario(self) -> Scenario | None:
        """The current scenario; None before the first."""
        return self.scenarios[self.number - 1] if self.number else None

    @property
    def count(self) -> int:
        """How many scenarios there are."""
        return len(self.scenarios)

    @property
    def name(self) -> str:
        """The name of the current scenario."""
        return self.scenario.name if self.scenario else TOUR_NAME

    @property
    def title(self) -> str:
        """What the current scenario shows, in a few words."""
        return self.scenario.title if self.scenario else TOUR_TITLE

    @property
    def watch(self) -> str:
        """What to watch, in one paragraph."""
        return self.scenario.advice if self.scenario else TOUR_ADVICE

    @property
    def by_hand(self) -> tuple[int, ...]:
        """The ports from which it sends segments made by hand."""
        return self.scenario.by_hand if self.scenario else ()

    @property
    def last(self) -> bool:
        """The current scenario is the last one."""
        return self.number == len(self.scenarios)

    def move_by(self, steps: int) -> Scenario:
        """Make the scenario so many places further on, or back, the current one, as far as there are any."""
        self.number = max(1, min(self.number + steps, len(self.scenarios)))
        self.over, self.rests, self.failure = False, False, None
        return self.scenarios[self.number - 1]
