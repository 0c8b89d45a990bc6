"""What netfilter's connection tracking counts, from /proc/net/stat/nf_conntrack. Pure.

A line for each processor, in hexadecimal; the first line has the names.
"""

from tcpwatch.sockets.host import CONNTRACK_COUNTERS


def conntrack_counters(text: str) -> dict[str, int]:
    """The sums over all processors by the names in `CONNTRACK_COUNTERS`; what this kernel does not count is missing."""
    names, *lines = [line.split() for line in text.splitlines()] or [[]]
    columns = {
        counter: names.index(name) for counter in CONNTRACK_COUNTERS if (name := counter.partition(".")[2]) in names
    }
    rows = [line for line in lines if len(line) == len(names)]
    return {counter: sum(int(row[column], 16) for row in rows) for counter, column in columns.items()}
