"""Open connections of which one direction alone is captured: the other takes another interface, or another host."""

from collections.abc import Iterable, Mapping

from tcpwatch.diagnose.host import OneWayFlows
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import is_loopback, reversed_ends

FLOWS_LOOKED_AT = 500
ENOUGH_SEGS = 10  # of one direction: the other would have acknowledged some by then


def one_way_flows(segs: Iterable[tuple[bytes, int, int]], by_ends: Mapping[bytes, Connection]) -> OneWayFlows | None:
    """Of flows with their ends and how many segments either sent; None where none of an open connection was busy."""
    busy, outgoing, incoming = 0, [], []
    for ends, first, second in segs:
        if first + second < ENOUGH_SEGS or is_loopback(ends):
            continue
        other = reversed_ends(ends)
        one = by_ends.get(ends) or by_ends.get(other)
        if one is None or one.row.state is not State.ESTABLISHED:
            continue
        busy += 1
        sent, received = (first, second) if one.row.ends == ends else (second, first)
        if not received:
            outgoing.append(one.key)
        elif not sent:
            incoming.append(one.key)
    if not busy:
        return None
    return OneWayFlows(busy, len(outgoing), len(incoming), (*outgoing, *incoming))
