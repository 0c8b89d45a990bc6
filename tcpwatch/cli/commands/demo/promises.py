"""What a scenario promised, compared with what was seen."""

from collections.abc import Iterable

from tcpwatch.lab.stage import Promise
from tcpwatch.narration.transcript import Transcript

KEPT, BROKEN = 0, 1


def verdict(promises: Iterable[Promise], seen: Transcript) -> tuple[int, list[str]]:
    """The exit code, and lines that list by kind what was seen, and what was not."""
    promises = list(promises)
    found = Promise(seen.socket_states | seen.segment_states, seen.steps, seen.analysis)
    code, lines = KEPT, [""]
    for kind in Promise._fields:
        promised = dict.fromkeys(word for promise in promises for word in getattr(promise, kind))
        kept = [word for word in promised if word in getattr(found, kind)]
        lost = [word for word in promised if word not in kept]
        if kept:
            lines.append(f"{kind}: {', '.join(kept)} seen")
        if lost:
            lines.append(f"{kind}: {', '.join(lost)} promised, but not seen")
            code = BROKEN
    return code, lines
