"""The tab Explain: what the connection is in, why, and what to do, in sentences; the numbers follow. Pure."""

from collections.abc import Iterator

from tcpwatch.diagnose.diagnosis import topics_of_problems
from tcpwatch.monitor.snapshot import Detail
from tcpwatch.tui.detail.context import TabContext
from tcpwatch.tui.detail.summary import story
from tcpwatch.tui.detail.tabs.tcb import tcb_lines
from tcpwatch.tui.detail.topics import extras_of, queues_of, states_of
from tcpwatch.tui.paint.line import Line, fit, wrap_words

ABOUT_WIDTH = 10  # cells for what a sentence is about


def explain_lines(context: TabContext) -> list[Line]:
    """The sentences, and below them both ends."""
    return [*_sentence_lines(context), *tcb_lines(context)]


def explain_topics(detail: Detail) -> Iterator[str]:
    """What the sentences are about, the nearest first."""
    yield from states_of(detail)
    yield from topics_of_problems((*detail.problems, *detail.disagreements))
    if detail.connection:
        yield from queues_of(detail.connection.row)
        yield from extras_of(detail.connection.row.extensions)
    if detail.flow:
        yield from sorted(detail.flow.analysis)


def _sentence_lines(context: TabContext) -> list[Line]:
    lines = []
    for sentence in story(context.detail, context.now_ns):
        first, *rest = wrap_words(sentence.words(context.translate), context.width - ABOUT_WIDTH - 3) or [""]
        style = sentence.style if len(sentence.about) == 1 else "label"
        about = fit(context.translate(sentence.about), ABOUT_WIDTH - 2)
        lines.append(Line(((f"  {about}", style), (first, sentence.style))))
        lines += [Line(((" " * ABOUT_WIDTH + text, sentence.style),)) for text in rest]
    return lines
