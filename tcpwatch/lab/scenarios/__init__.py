"""The scenarios, one small program each: what happens stands in its acts, what to watch in its docstring.

SCENARIOS is the table of them; `docs/lessons.md` says the lessons by their numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from tcpwatch.errors import UsageError
from tcpwatch.lab.stage import Stage


@dataclass(frozen=True, slots=True)
class Scenario:
    """A row of the table. `private` says that it needs a network namespace of its own, because it sets sysctls.

    `by_hand` is the port from which it sends segments made by hand, if it does: no socket stands behind them.
    """

    name: str
    message: str
    lessons: tuple[int, ...]
    private: bool = False
    by_hand: int | None = None

    @property
    def play(self) -> Callable[[Stage], None]:
        """The program."""
        played: Callable[[Stage], None] = self.module.play
        return played

    @property
    def ports_by_hand(self) -> tuple[int, ...]:
        """The port from which it sends segments made by hand, if it does."""
        return (self.by_hand,) if self.by_hand else ()

    @property
    def watch(self) -> str:
        """What to watch."""
        return (self.module.__doc__ or "").strip()

    @property
    def advice(self) -> str:
        """The same without its first sentence, as one line."""
        return " ".join(self.watch.partition("\n\n")[2].split())

    @property
    def module(self) -> ModuleType:
        """Where it is written."""
        return import_module(f"{__name__}.{self.name.replace('-', '_')}")


_TABLE = (
    Scenario("handshake", "one connection, from SYN to TIME-WAIT", (1, 2, 3, 4, 5, 6, 10, 13, 14, 15, 33, 34, 35)),
    Scenario("http", "a page over HTTP: handshake, request, response, close", (12, 16, 30)),
    Scenario("https", "the same under TLS, with a certificate made on the spot", (7, 31)),
    Scenario("messages", "messages against segments", (7, 32)),
    Scenario("close-wait", "a server that forgets to close, one leak a second", (18, 19, 20)),
    Scenario("fin-wait-2", "the peer of such a server, with and without an owner", (14, 19)),
    Scenario("half-close", "one direction closed, data in the other", (17, 25)),
    Scenario("simultaneous-close", "two FINs cross: CLOSING", (36,)),
    Scenario("simultaneous-open", "two SYNs cross, and nobody listens", (36,)),
    Scenario("time-wait", "short connections until no port is left", (21,), private=True),
    Scenario("lost-last-ack", "the FIN comes again, TIME-WAIT answers and begins anew", (22, 38)),
    Scenario("port-reuse", "a late segment and a new SYN meet TIME-WAIT", (23, 38)),
    Scenario("lost-fin", "FIN-WAIT-1 and LAST-ACK: a FIN nobody acknowledges", (8, 14, 38)),
    Scenario("reset", "broken off by RST, with bytes unread", (29,)),
    Scenario("refused", "a SYN answered by RST", (28,)),
    Scenario("syn-timeout", "a SYN answered by nobody", (28,), private=True),
    Scenario("stale-syn", "a SYN from the past: why three", (24, 38), by_hand=41_000),
    Scenario("half-open", "a handshake that stops after step two", (2, 26)),
    Scenario("syn-flood", "a half-open queue filled up, without and with SYN cookies", (26, 27), True, by_hand=40_000),
    Scenario("accept-queue-full", "a server that does not accept()", (26,)),
    Scenario("retransmission", "lost segments: duplicate ACKs, and the timer", (8, 38)),
    Scenario("out-of-order", "segments that overtake each other", (9, 38), by_hand=42_000),
    Scenario("zero-window", "a reader that stops, and reads again", (11,)),
    Scenario("slow-app", "unread bytes pile up in Recv-Q", (20,)),
    Scenario("keep-alive", "probes on an idle connection, and a peer that dies", (37,)),
)  # fmt: skip
SCENARIOS = {scenario.name: scenario for scenario in _TABLE}


def find_scenario(name: str) -> Scenario:
    """The scenario of this name; UsageError, naming those there are, where there is none."""
    try:
        return SCENARIOS[name]
    except KeyError:
        raise UsageError(f"there is no scenario {name}; there are: {', '.join(SCENARIOS)}") from None
