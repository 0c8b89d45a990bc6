"""Every text that has translations, from where it stands.

`catalog_texts` gives each with the comment that its catalogs have above it.
"""

import ast
from inspect import getsource

from tcpwatch.lab import playlist, tour
from tcpwatch.lab.scenarios import SCENARIOS
from tcpwatch.narration import sentences
from tcpwatch.report import texts as report_texts
from tcpwatch.tui.bars import narration_lines
from tcpwatch.tui.modes import demo
from tcpwatch.tui.screens import presenter, why
from tcpwatch.why.page import passages
from tcpwatch.why.topics import TOPICS

TOUR_TEXTS = (playlist.TOUR_TITLE, playlist.TOUR_ADVICE, tour.LOOK_IN)


def catalog_texts() -> dict[str, str]:
    """Text -> comment; of a text that stands in several places, that of the first."""
    texts = dict.fromkeys(sorted(topic_texts()), "explanations")
    texts = dict.fromkeys(sorted(narration_texts()), "narration") | texts
    texts = dict.fromkeys(TOUR_TEXTS, "tour") | texts
    texts = dict.fromkeys(report_texts.ALL, "report") | texts
    for name in SCENARIOS:
        texts = dict.fromkeys(scenario_texts(name), f"scenario {name}") | texts
    return texts


def topic_texts() -> set[str]:
    """Those of the explanations."""
    labels = [passage.label for passage in passages(next(iter(TOPICS.values())), str) if passage.label]
    texts = [text for topic in TOPICS.values() for text in (topic.title, topic.what, topic.why, topic.then)]
    return {why.QUESTION, why.COPIED_NOTICE, *why.HINTS, *labels, *texts}


def narration_texts() -> set[str]:
    """Those of the narration: its sentences, what becomes of the ends, and the words around them."""
    rules = [text for rule in sentences.SENTENCES for text in (rule.message, rule.sender, rule.receiver) if text]
    words = [sentences.SENDS, sentences.RECEIVES, sentences.MISSES, sentences.UNCHANGED, sentences.LOST]
    words += [sentences.BY_HAND]
    strip = [
        narration_lines.STILL_TO_NARRATE,
        narration_lines.SINCE,
        narration_lines.ALIKE,
        demo.PLAYING,
        demo.OVER,
        demo.RESTS,
    ]
    strip += [demo.WAITS, demo.FOLLOWS, demo.ENDED, demo.NARRATED_SO_FAR]
    ladder = [presenter.TITLE, presenter.ON_HOLD, presenter.SLOW, presenter.CONNECTION, presenter.SEGMENT]
    ladder += [presenter.PRESS_SPACE, presenter.WAITS, presenter.TRUNCATED]
    ends = [sentences.CLIENT, sentences.SERVER, sentences.DOUBT]
    return {*rules, *words, *ends, *sentences.MEANS.values(), *strip, *ladder}


def scenario_texts(name: str) -> list[str]:
    """Those of a scenario: what it is, what to watch, and its acts."""
    return [SCENARIOS[name].title, SCENARIOS[name].advice, *acts_of(name)]


def acts_of(name: str) -> list[str]:
    """The sentences of a scenario's acts, with the places for values: read from its program, without a run."""
    nodes = ast.walk(ast.parse(getsource(SCENARIOS[name].module)))
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    calls.sort(key=lambda call: call.lineno)
    return [ast.literal_eval(call.args[0]) for call in calls if getattr(call.func, "attr", "") == "now"]
