"""How many sockets TCP has, and how much memory, from /proc/net/sockstat and sockstat6. Pure.

Sockets in use and in TIME-WAIT are counted for the network namespace, orphans and memory for the whole host.
"""

from collections.abc import Iterator

GROUP, GROUP_6 = "TCP:", "TCP6:"


def socket_counts(sockstat: str, sockstat6: str = "") -> dict[str, int]:
    """The numbers of the TCP lines by their names there; `inuse` is the sum of both IP versions."""
    counts = dict(_pairs(sockstat, GROUP))
    if "inuse" in counts:
        counts["inuse"] += dict(_pairs(sockstat6, GROUP_6)).get("inuse", 0)
    return counts


def _pairs(text: str, group: str) -> Iterator[tuple[str, int]]:
    for line in text.splitlines():
        first, *words = line.split() or [""]
        if first == group:
            yield from ((name, int(value)) for name, value in zip(words[::2], words[1::2], strict=False))
