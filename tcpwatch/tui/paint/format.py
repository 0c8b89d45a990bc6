"""Numbers, times and ends as words for the screen. Pure: the same value always reads the same."""

import time

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.row import NoOwner
from tcpwatch.text.duration import SECOND_NS, duration, fine_duration
from tcpwatch.text.quantity import plural
from tcpwatch.why.catalog import Translate
from tcpwatch.wire.segment import Endpoint

WILDCARDS = ("0.0.0.0", "::")

PRECISE = ((1_000_000, 1_000, "µs"), (SECOND_NS, 1_000_000, "ms"), (100 * SECOND_NS, SECOND_NS, "s"))


def brief(ns: int) -> str:
    """A time span in at most five cells: `59s`, `3m07s`, `12m`, `1h02m`: no second unit after a large first."""
    text = duration(ns)
    number = len(text) - len(text.lstrip("0123456789"))
    return text[: number + 1] if number > 1 else text


def brief_span(ns: int) -> str:
    """A time span in at most five cells, with its own unit below a second: `812ns`, `31µs`, `204ms`, `3s`."""
    for unit_ns, unit in ((1_000, "ns"), (1_000_000, "µs"), (SECOND_NS, "ms")):
        if ns < unit_ns:
            return f"{ns * 1000 // unit_ns}{unit}"
    return brief(ns)


def precise_span(ns: int) -> str:
    """A time span in at most nine cells, with three digits after the point: `31.204µs`, `204.113ms`, `3m07s`."""
    for limit_ns, unit_ns, unit in PRECISE:
        if ns < limit_ns:
            return f"{ns / unit_ns:.3f}{unit}"
    return duration(ns)


def age(now_ns: int, since_ns: int, since_seen: bool) -> str:
    """How long ago `since_ns` was, in at most six cells; `≥` where the beginning was not seen."""
    return ("" if since_seen else "≥") + brief(now_ns - since_ns)


def countdown(ms: int) -> str:
    """The time until a timer fires."""
    return fine_duration(ms * 1_000_000)


def brief_countdown(ms: int) -> str:
    """The same in at most five cells."""
    return countdown(ms) if ms < 10_000 else brief(ms * 1_000_000)


def delta(ns: int) -> str:
    """The time since the segment before, in at most eight cells: `+24µs`, `+204.0ms`, `+1.85s`."""
    if ns < 0:
        return f"-{delta(-ns)[1:]}"
    if ns < 1_000_000:
        return f"+{ns // 1000}µs"
    if ns < SECOND_NS:
        return f"+{ns / 1e6:.1f}ms"
    return f"+{ns / 1e9:.2f}s" if ns < 100 * SECOND_NS else f"+{duration(ns)}"


def clock(time_ns: int, digits: int = 0) -> str:
    """The local time of day, with so many digits of the second's fraction."""
    text = time.strftime("%H:%M:%S", time.localtime(time_ns // SECOND_NS))
    return f"{text}.{time_ns % SECOND_NS:09d}"[: 9 + digits] if digits else text


def microseconds(us: int) -> str:
    """A round-trip time or a timeout: `50 µs`, `1.25 ms`, `204 ms`, `3.00 s`."""
    if us < 1000:
        return f"{us} µs"
    if us < 1_000_000:
        return f"{us / 1000:.3g} ms" if us < 999_500 else "1.00 s"
    return f"{us / 1e6:.2f} s"


def grouped(number: int) -> str:
    """A number with its digits in groups of three: `1 834 112 905`."""
    return f"{number:,}".replace(",", " ")


def short_number(number: int, cells: int) -> str:
    """A number in at most `cells` (4 or more) cells: exact where it fits, else in thousands, millions, milliards."""
    text = str(number)
    for unit in "kMG":
        if len(text) <= cells:
            break
        number //= 1000
        text = f"{number}{unit}"
    return text


def several(count: int, word: str) -> str:
    """`1 byte`, `2 bytes`."""
    return f"{grouped(count)} {plural(count, word)}"


def listener(end: Endpoint) -> str:
    """The end a listener is bound to: `*:9999` where it takes every address."""
    if end.ip not in WILDCARDS:
        return str(end)
    return f"*%{end.zone}:{end.port}" if end.zone else f"*:{end.port}"


def local_end(local: Endpoint, remote: Endpoint) -> str:
    """A connection's own end; the port alone where both ends share one address, which the other end then shows."""
    return f":{local.port}" if local.ip == remote.ip else str(local)


def owner_words(connection: Connection, translate: Translate = str) -> str:
    """`java/4242 fd 57`, `nginx/12 +3` for several, or why there is none: never blank."""
    if not connection.owners:
        return translate(connection.no_owner or NoOwner.UNKNOWN)
    owner, *others = connection.owners
    return f"{owner.command}/{owner.pid} +{len(others)}" if others else str(owner)
