"""Every scenario as it went once, for where none can be played; `make recordings` takes them anew.

Of each, NAME.pcapng has the segments and NAME.ndjson the acts, a line each, by the same clock.
"""

from pathlib import Path

from tcpwatch.lab.stage import Act

FOLDER = Path(__file__).parent


def segments_of(scenario: str) -> Path:
    """The capture file of the scenario with this name."""
    return FOLDER / f"{scenario}.pcapng"


def acts_of(scenario: str) -> list[Act]:
    """Its acts, in the order in which they began."""
    return [Act.from_line(line) for line in notes_of(scenario).read_text(encoding="utf-8").splitlines()]


def notes_of(scenario: str) -> Path:
    """The file of its acts."""
    return FOLDER / f"{scenario}.ndjson"
