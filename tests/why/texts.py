"""Every text that has translations, from where it stands."""

import ast
from inspect import getsource

from tcpwatch.lab import playlist, tour
from tcpwatch.lab.scenarios import SCENARIOS
from tcpwatch.narration import sentences
from tcpwatch.tui.bars import narration_lines
from tcpwatch.tui.modes import demo
from tcpwatch.tui.screens import presenter, why
from tcpwatch.why.page import passages
from tcpwatch.why.topics import TOPICS


def topic_texts() -> set[str]:
    """Those of the explanations."""
    labels = [passage.label for passage in passages(next(iter(TOPICS.values())), str) if passage.label]
    texts = [text for topic in TOPICS.values() for text in (topic.title, topic.what, topic.why, topic.then)]
    return {why.QUESTION, why.COPIED, *why.HINTS, *labels, *texts}


def narration_texts() -> set[str]:
    """Those of the narration: its sentences, what becomes of the ends, and the words around them."""
    tellings = [text for one in sentences.TELLINGS for text in (one.message, one.sender, one.receiver) if text]
    words = [sentences.SENDS, sentences.RECEIVES, sentences.MISSES, sentences.UNCHANGED, sentences.LOST]
    words += [sentences.BY_HAND]
    strip = [narration_lines.TO_TELL, narration_lines.SINCE, narration_lines.ALIKE, demo.PLAYING, demo.OVER, demo.RESTS]
    strip += [demo.WAITS, demo.FOLLOWS, demo.ENDED, demo.TOLD]
    ladder = [presenter.TITLE, presenter.HOLDS, presenter.SLOW, presenter.CONNECTION, presenter.SEGMENT]
    ladder += [presenter.PRESS_SPACE, presenter.WAITS, presenter.TRUNCATED]
    ends = [sentences.CLIENT, sentences.SERVER, sentences.DOUBT]
    return {*tellings, *words, *ends, *sentences.MEANS.values(), *strip, *ladder}


def scenario_texts() -> set[str]:
    """Those of the scenarios and of the tour: what each is, what to watch, and its acts."""
    texts = [text for one in SCENARIOS.values() for text in (one.message, one.advice, *acts_of(one.name))]
    return {playlist.TITLE, playlist.WATCH, tour.LOOK_IN, *texts}


def acts_of(name: str) -> list[str]:
    """What a scenario says in each of its acts, with the places for values: read from its program, without a run."""
    calls = (node for node in ast.walk(ast.parse(getsource(SCENARIOS[name].module))) if isinstance(node, ast.Call))
    said = (call.args[0] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "now")
    return [ast.literal_eval(text) for text in said]
