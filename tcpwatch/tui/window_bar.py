"""The send window as a bar: acknowledged | in flight | usable | beyond (RFC 9293 §3.3.1, figure 3). Pure.

Each part has its own fill and its name in words, so that the bar reads without colour.
"""

from typing import NamedTuple

from tcpwatch.tui.format import grouped
from tcpwatch.tui.line import Run, cells


class SendWindow(NamedTuple):
    """What the bar is drawn from, in bytes. `wnd` None: the scale is not known; `unsent` None: nor is what waits."""

    acked: int
    in_flight: int
    wnd: int | None
    unsent: int | None


def window_bar(window: SendWindow, width: int) -> list[Run]:
    """The bar in exactly `width` cells, where there is room for its labels (about 75)."""
    usable = None if window.wnd is None else max(0, window.wnd - window.in_flight)
    known = 0 if window.wnd is None else window.in_flight + (usable or 0)
    labels = (
        f"acked {grouped(window.acked)}",
        f"in flight {grouped(window.in_flight)}",
        "usable unknown" if usable is None else f"usable {grouped(usable)}",
        f"unsent {grouped(window.unsent)}" if window.unsent else "beyond",
    )
    least = [cells(label) + 6 for label in labels]
    spare = max(0, width - sum(least) - len(labels) - 1)
    flight = spare * window.in_flight // known if known else 0
    extra = (0, flight, spare - flight, 0)
    runs: list[Run] = [("▕", "muted")]
    for label, room, more, (fill, style) in zip(labels, least, extra, FILLS, strict=True):
        runs += [(f" {label} ".center(room + more, fill), style), ("▏", "muted")]
    return runs


FILLS = (("█", "acked"), ("▒", "flight"), ("·", "usable"), (" ", "beyond"))
