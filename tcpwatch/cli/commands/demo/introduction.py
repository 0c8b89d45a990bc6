"""What a scenario is and what to watch, as the text before a headless scenario."""

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.why.catalog import Translate
from tcpwatch.why.page import wrap_translated

INTRODUCTION_WIDTH = 100  # cells


def introduction(scenario: Scenario, translate: Translate) -> list[str]:
    """Its title, and the advice in lines of at most INTRODUCTION_WIDTH cells; an empty line ends it."""
    return [
        f"{scenario.name}: {translate(scenario.title)}",
        *wrap_translated(translate(scenario.advice), INTRODUCTION_WIDTH),
        "",
    ]
