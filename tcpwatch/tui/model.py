"""What the dashboard needs of the Monitor, and what it was started on."""

from dataclasses import dataclass
from typing import Protocol

from tcpwatch.monitor.snapshot import Detail, Snapshot
from tcpwatch.tcp.event import Event


class Segments(Protocol):
    """The events to show, numbered from 0; those below `first` have fallen out."""

    @property
    def first(self) -> int:
        """The number of the oldest event held."""

    @property
    def end(self) -> int:
        """One past the number of the newest event; smaller than before where a replay has gone back."""

    def slice(self, start: int, stop: int | None = None) -> tuple[int, list[Event]]:
        """The events numbered `start` to before `stop` that are held, and the number of the first of them."""


class MonitorView(Protocol):
    """The Monitor as the dashboard sees it: pictures to pull, nothing to wait for."""

    @property
    def packets(self) -> Segments:
        """The segments kept for the screen."""

    def snapshot(self) -> Snapshot:
        """The latest picture; the same object until there is a newer one."""

    def detail(self, ends: bytes, key: int | None = None) -> Detail | None:
        """All that is known of the connection with these ends, local end first; None where nothing is.

        `key` says which socket is meant where several have these ends, as listeners may.
        """

    def now_ns(self) -> int:
        """The moment now on the clock of the pictures: what runs down between two of them counts to it."""

    def stop(self) -> None:
        """End capture and threads; may be called from any thread, and more than once."""


@dataclass(frozen=True)
class Subject:
    """What is watched, for the title: host, interface (None: no capture), ports (empty: all).

    Of a capture file: the word "file", and its name. `language` is what explanations are in. `netns` is the network
    namespace that was asked for; with `all_netns` the sockets are those of all.
    """

    host: str
    interface: str | None = None
    ports: tuple[int, ...] = ()
    language: str = "en"
    netns: str | None = None
    all_netns: bool = False

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
