"""What the dashboard needs of the Monitor and of what is played, and the Target that it was started on."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from tcpwatch.monitor.snapshot import Detail, Snapshot
from tcpwatch.monitor.traffic.packet_log import Segments
from tcpwatch.sockets.row import SocketRow

LatestSnapshot = Callable[[], Snapshot | None]
"""The picture that is on the screen; None before the first."""

Kill = Callable[[SocketRow], None]
"""Ends a connection by force; raises TcpwatchError where that fails."""


class MonitorView(Protocol):
    """The Monitor as the dashboard sees it: pictures to pull, nothing to wait for."""

    @property
    def packets(self) -> Segments:
        """The segments kept for the screen."""

    @property
    def kill(self) -> Kill | None:
        """What ends a connection by force; None where that is not allowed."""

    def snapshot(self) -> Snapshot:
        """The latest picture; the same object until there is a newer one."""

    def detail(self, ends: bytes, key: int | None = None) -> Detail | None:
        """All that is known of the connection with these ends, local end first; None where nothing is.

        `key` tells sockets apart that have the same ends, as listeners may.
        """

    def now_ns(self) -> int:
        """The moment now on the clock of the pictures: what runs down between two of them counts to it."""

    def stop(self) -> None:
        """End capture and threads; may be called from any thread, and more than once."""


class PlayedAct(Protocol):
    """What is done now, in one sentence, and when it began, by the wall clock."""

    @property
    def time_ns(self) -> int:
        """Nanoseconds since 1970."""

    def text(self, translate: Callable[[str], str]) -> str:
        """The sentence, in the language of `translate`."""


class Play(Protocol):
    """Real connections played for somebody who watches, one scenario after the other.

    `number` counts them from 1 to `count`, 0 is what comes before the first; `watch` says what to look at. `over` is
    whether this one has been played to its end, `failure` why it was not, `last` whether nothing comes after it. A play
    that `waits` stops before each act until the narration has caught up; `rests` is whether it does so now.
    """

    over: bool
    rests: bool
    waits: bool
    failure: str | None
    number: int

    @property
    def count(self) -> int:
        """How many scenarios there are."""

    @property
    def last(self) -> bool:
        """Whether nothing comes after this one."""

    @property
    def name(self) -> str:
        """The scenario's name."""

    @property
    def title(self) -> str:
        """What it shows, in a few words."""

    @property
    def watch(self) -> str:
        """What to look at."""

    @property
    def by_hand(self) -> Collection[int]:
        """The ports from which it sends segments made by hand: no socket stands behind them."""

    @property
    def netns(self) -> str | None:
        """What `tcpwatch --netns` finds the namespace by that it plays in; None where that is no other."""

    def way_in(self, translate: Callable[[str], str]) -> str:
        """How to look in from a second terminal, or why there is nothing to look into; empty where anyone sees it."""

    def acts(self) -> Sequence[PlayedAct]:
        """What has begun in it since the last call."""

    def go_on(self) -> None:
        """The narration has caught up: what rests goes on."""

    def go(self, scenarios: int) -> None:
        """Play the one so many further on, or back; 0 plays the same again."""


@dataclass(frozen=True)
class Target:
    """What is watched, for the title: host, interface (None: no capture), ports (empty: all).

    Of a capture file: the word "file", and its name. `language` is what explanations are in. `netns` is the network
    namespace that was asked for; with `all_netns` the sockets are those of all. `presents`: begin with
    the presenter.
    """

    host: str
    interface: str | None = None
    ports: tuple[int, ...] = ()
    language: str = "en"
    netns: str | None = None
    all_netns: bool = False
    presents: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """`("web-3", "lo", "port 9999")`."""
        ports = " ".join(map(str, self.ports))
        wanted = (
            self.host,
            f"netns {self.netns}" if self.netns else None,
            "all netns as of the start" if self.all_netns else None,
            self.interface,
            f"port{'s' * (len(self.ports) > 1)} {ports}" if ports else None,
        )
        return tuple(word for word in wanted if word)
