"""The send window as a bar: acknowledged | in flight | usable | beyond (RFC 9293 §3.3.1, figure 3). Pure.

Each part has its own fill and its name in words, so that the bar reads without colour.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tcpwatch.diagnose.message import Message, message
from tcpwatch.text.cells import cells
from tcpwatch.tui.paint.format import grouped, short_number
from tcpwatch.tui.paint.line import Run, padded
from tcpwatch.why.catalog import Translate


class SendWindow(NamedTuple):
    """What the bar is drawn from, in bytes.

    `acked` is None where the connection was not seen to begin, `wnd` where the scale is not known, `unsent` where the
    source does not give it.
    """

    acked: int | None
    in_flight: int
    wnd: int | None
    unsent: int | None

    @property
    def usable(self) -> int | None:
        """Bytes that may be sent at once."""
        return None if self.wnd is None else max(0, self.wnd - self.in_flight)


FILLS = (("█", "acked"), ("▒", "flight"), ("·", "usable"), (" ", "beyond"))
BEYOND = message("beyond")


def window_bar(window: SendWindow, width: int, translate: Translate = str) -> Sequence[Run]:
    """The bar in exactly `width` cells: with whole numbers, or with short ones where those do not fit."""
    labels: Sequence[str] = ()
    for words, beyond in ((grouped, BEYOND), (_short, BEYOND), (_short, None)):
        labels = [f" {label.words(translate)} " if label else "" for label in _labels(window, words, beyond)]
        if _least(labels) <= width:
            break
    spare = max(0, width - _least(labels))
    known = window.in_flight + (window.usable or 0)
    flight = spare * window.in_flight // known if known else 0
    extra = (0, flight, spare - flight, 0)
    runs: list[Run] = [("▕", "muted")]
    for label, more, (fill, style) in zip(labels, extra, FILLS, strict=True):
        runs += [(label.center(len(label) + 2 + more, fill), style), ("▏", "muted")]
    return padded(runs, width)


def _short(number: int) -> str:
    return short_number(number, 5)


def _labels(window: SendWindow, words: Callable[[int], str], beyond: Message | None) -> tuple[Message | None, ...]:
    acked, usable = window.acked, window.usable
    return (
        message("acked unknown") if acked is None else message("acked {bytes}", bytes=words(acked)),
        message("in flight {bytes}", bytes=words(window.in_flight)),
        message("usable unknown") if usable is None else message("usable {bytes}", bytes=words(usable)),
        message("unsent {bytes}", bytes=words(window.unsent)) if window.unsent else beyond,
    )


def _least(labels: Sequence[str]) -> int:
    return sum(cells(label) + 3 for label in labels) + 1
