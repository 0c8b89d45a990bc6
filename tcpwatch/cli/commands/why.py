"""`tcpwatch why`: what a word on the screen means, as text."""

from collections.abc import Iterator

from tcpwatch.cli.options import WhyOptions
from tcpwatch.report.output import Output
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.text.cells import cells
from tcpwatch.why.catalog import Translate, translation
from tcpwatch.why.page import heading, lines
from tcpwatch.why.topic import Topic
from tcpwatch.why.topics import TOPICS, find_topic

PAGE_WIDTH = 76  # cells


def run(options: WhyOptions, _: Namespace | None = None) -> int:
    """Print one explanation, or the list of all where none was asked for."""
    translate = translation(options.language)
    asked = () if options.list else options.topic
    with Output() as output:
        for line in page(find_topic(" ".join(asked)), translate) if asked else listing(translate):
            output.add(line)
    return 0


def page(topic: Topic, translate: Translate) -> Iterator[str]:
    """One explanation; its commands stand whole, to be copied."""
    yield heading(topic, translate)
    yield ""
    for label, text, _ in lines(topic, translate, PAGE_WIDTH, commands_whole=True):
        yield label + text


def listing(translate: Translate) -> Iterator[str]:
    """Every topic's key and title."""
    width = max(map(cells, TOPICS))
    for key, topic in TOPICS.items():
        yield f"{key:{width}}  {translate(topic.title)}"
