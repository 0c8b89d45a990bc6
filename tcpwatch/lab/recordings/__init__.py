"""One recording of every scenario, for where none can be played; `make scenarios` takes them.

Of each, NAME.pcapng has the segments and NAME.ndjson the acts, a line each, by the same clock.
"""

from pathlib import Path

from tcpwatch.lab.stage import Act


def folder() -> Path:
    """Where they are; read each time, as this module may come to be reached by another way."""
    return Path(__file__).parent


def segments_of(scenario: str) -> Path:
    """The capture file of the scenario with this name."""
    return folder() / f"{scenario}.pcapng"


def acts_of(scenario: str) -> list[Act]:
    """Its acts, in the order in which they began."""
    return [Act.from_line(line) for line in notes_of(scenario).read_text(encoding="utf-8").splitlines()]


def notes_of(scenario: str) -> Path:
    """The file of its acts."""
    return folder() / f"{scenario}.ndjson"
