"""What the user asks to see: the watched ports or all, and what passes a filter.

A segment passes with its connection.
"""

from functools import partial

from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.filter.segments import WireFilter
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.text.clean import clean
from tcpwatch.tui.panes import Panes
from tcpwatch.tui.protocols import LatestSnapshot


class Narrowing:
    """Some ports, which may be switched off, and the text of a filter, empty where there is none; for both panes."""

    def __init__(self, panes: Panes, latest: LatestSnapshot, ports: tuple[int, ...], filter_text: str) -> None:
        """Raises FilterError where `filter_text` cannot be understood."""
        self._panes = panes
        self._watched = ports
        self._only_watched = bool(ports)
        self._latest = latest
        self._compile(filter_text)

    def apply_filter(self, text: str) -> None:
        """Show what passes; raises FilterError where `text` cannot be understood."""
        self._compile(text)
        self.apply()

    def toggle_watched(self) -> None:
        """The watched ports only, or all; all where none is watched."""
        self._only_watched = bool(self._watched) and not self._only_watched
        self.apply()

    def apply(self) -> None:
        """Show in both panes what is asked for."""
        ports, test = self._watched if self._only_watched else (), self._test
        wire_ports = frozenset(port.to_bytes(2) for port in ports)

        def shown(connection: Connection) -> bool:
            ends = connection.row.ends
            watched = not ports or ends[-4:-2] in wire_ports or ends[-2:] in wire_ports
            return watched and test(connection, latest.mono_ns if (latest := self._latest()) else 0)

        words = [f"port {' '.join(map(str, sorted(ports)))}"] if ports else []
        words += [f"filter {self.filter_text}"] if self.filter_text else []
        self._panes.connections.apply_filter(shown if words else None, tuple(words))
        self.apply_to_packets()

    def apply_to_packets(self) -> None:
        """Show the segments of the connections that pass now."""
        snapshot = self._latest()
        streams = partial(self._wire_filter.streams, snapshot=snapshot) if self.filter_text and snapshot else None
        self._panes.packets.apply_filter(streams)

    def _compile(self, text: str) -> None:
        self._test = compile_filter(text)
        self._wire_filter = WireFilter(self._test)
        self.filter_text = clean(text.strip())
