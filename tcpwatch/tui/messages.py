"""Messages of the panes to the dashboard: what the user asks for, never what to do about it."""

from textual.message import Message

from tcpwatch.tcp.event import Event


class ConnectionChosen(Message):
    """The cursor is on a connection; `ends` are its own, local end first; `key` tells it from others with the same."""

    def __init__(self, ends: bytes, key: int) -> None:
        super().__init__()
        self.ends = ends
        self.key = key


class PacketChosen(Message):
    """The cursor is on a segment."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class DetailWanted(Message):
    """Enter on a connection or a segment: show all that is known of it."""


class FilterGiven(Message):
    """The text of a filter that can be understood; an empty one means no filter."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class SeekWanted(Message):
    """A share of a capture file's playing time, 0 to 1, to go to."""

    def __init__(self, fraction: float) -> None:
        super().__init__()
        self.fraction = fraction


class FilterClosed(Message):
    """The filter's line is not needed any more."""
