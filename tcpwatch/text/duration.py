"""Durations as text, the same on the screen and in text output."""

SECOND_NS, SECOND_US = 1_000_000_000, 1_000_000
_TENTHS_BELOW_NS = 10 * SECOND_NS


def duration(ns: int) -> str:
    """In whole seconds, at most two units and six cells: `0s`, `59s`, `3m07s`, `1h02m`, `3d04h`."""
    seconds = max(0, ns) // SECOND_NS
    if seconds < 60:
        return f"{seconds}s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}m{seconds:02d}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h{minutes:02d}m"
    return f"{hours // 24}d{hours % 24:02d}h"


def fine_duration(ns: int) -> str:
    """The same with tenths of a second below ten seconds, where retransmissions live: `0.4s`, `9.9s`, `10s`."""
    return f"{max(0, ns) / SECOND_NS:.1f}s" if ns < _TENTHS_BELOW_NS else duration(ns)
