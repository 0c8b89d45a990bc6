"""The single lines around the panes: status, tabs, keys. Pure."""

from collections.abc import Iterable, Sequence

from textual.binding import Binding

from tcpwatch.monitor.snapshot import Snapshot, SourceStatus
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.tui.paint.format import clock, grouped
from tcpwatch.tui.paint.line import Line, Run, ends_apart, width_of
from tcpwatch.tui.protocols import Target

GONE_NS = 60 * SECOND_NS  # a link that is gone may have been a container's, and never comes back


def status_line(target: Target, snapshot: Snapshot, paused: bool, width: int) -> Line:
    """` tcpwatch  web-3 · lo · port 9999   kernel ● sock_diag  packets ● 1 204  dropped 0   live · 12:03:44 `.

    In a narrow terminal the sources lose their words first, then those that work are left out, all but the packets, at
    last the links on which nothing is captured. The clock, the pause and what was dropped stay.
    """
    now = clock(snapshot.time_ns)
    right: list[Run] = [(f" ‖ paused · {now} ", "caution") if paused else (f" live · {now} ", "")]
    if snapshot.dropped:
        right.insert(0, (f" ⚠ dropped {grouped(snapshot.dropped)} ", "trouble"))
    for room in (3, 2, 1, 0, -1):
        left: list[Run] = [(" tcpwatch ", "key"), (" " + " · ".join(target.words) + "  ", "")]
        for source in snapshot.sources:
            left += _source(source, snapshot.captured, message=room == 3, named=room > 0)
            left += _links_lost(source, snapshot.time_ns) if room >= 0 else []
        if room >= 2 and not snapshot.dropped:
            left.append((" dropped 0", ""))
        if width_of((*left, *right)) <= width:
            break
    return ends_apart(left, right, width)._replace(row="titles")


def _source(source: SourceStatus, captured: int, message: bool, named: bool) -> list[Run]:
    if source.working and not named and not source.lost and source.name != "packets":
        return []
    words = grouped(captured) if source.name == "packets" else source.message if message else ""
    works: list[Run] = [("● ", "open"), (f"{words} " if words else "", "")]
    if not source.working:
        why = source.message if source.since_ns is not None and named else None
        words = source.partly or why or "none"
        since = f" since {clock(source.since_ns)}" if source.since_ns is not None else ""
        works = [(f"○ {words.partition(', waiting')[0]}{since} ", "caution")]
    lost: list[Run] = [(f"⚠ ≥{grouped(source.lost)} lost ", "trouble")] if source.lost else []
    return [(f" {source.name} ", ""), *works, *lost]


def _links_lost(source: SourceStatus, now_ns: int) -> list[Run]:
    """The links on which nothing is captured while the others go on; one that is gone, for a minute."""
    lost = [
        f"{one.what} since {clock(one.since_ns)}"
        for one in source.interruptions
        if one.link and one.lasts and not (one.what.endswith("is gone") and now_ns - one.since_ns > GONE_NS)
    ]
    if not lost:
        return []
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    return [(f" ○ {lost[-1]}{more} ", "caution")]


def tabs_line(names: Sequence[str], active: int) -> Line:
    """The panes by number, where only one of them is on the screen."""
    runs: list[Run] = []
    for number, name in enumerate(names):
        runs.append(
            (
                f" [{number + 1} {name}]" if number == active else f"  {number + 1} {name} ",
                "key" if number == active else "muted",
            )
        )
    return Line(tuple(runs), "titles")


def keys_line(bindings: Iterable[Binding], width: int) -> Line:
    """The keys that work here, as many as there is room for; `? help` and `q quit` always."""
    first: list[Binding] = []
    last: list[Binding] = []
    for binding in bindings:
        if binding.show:
            (last if binding.id in ALWAYS else first).append(binding)
    right = [run for binding in last for run in _key(binding)]
    left: list[Run] = []
    for binding in first:
        key = _key(binding)
        if width_of((*left, *key, *right)) > width:
            break
        left += key
    return ends_apart(left, right, width)


def _key(binding: Binding) -> list[Run]:
    return [(f" {binding.key_display or binding.key}", "accent"), (f" {binding.description} ", "muted")]


ALWAYS = frozenset({"app.help", "app.quit"})
