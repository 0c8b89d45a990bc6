"""Every text that has translations, from where it stands.

`catalog_texts` gives each with the comment that its catalogs have above it.
"""

import ast
from inspect import getsource
from typing import Any

from tcpwatch.diagnose.context import Closer
from tcpwatch.diagnose.message import several_of
from tcpwatch.diagnose.problem import Cause, Certainty
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.rules import HOST_RULES, PROGRAM_RULES, RULES, WIRE_RULES
from tcpwatch.diagnose.rules.ended import ENDINGS
from tcpwatch.diagnose.timers import settings
from tcpwatch.lab import playlist, tour
from tcpwatch.lab.scenarios import SCENARIOS
from tcpwatch.narration import sentences
from tcpwatch.report import paragraphs
from tcpwatch.report import texts as report_texts
from tcpwatch.sockets.counters import ABORTS
from tcpwatch.sockets.fields import TCB_ROWS, TCP_INFO_ROWS
from tcpwatch.sockets.reasons import DROP_MEANINGS, RESET_MEANINGS
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.handshake import Closed, Opened
from tcpwatch.tui.bars import narration_lines, trouble
from tcpwatch.tui.detail import fields, pane, summary, timers
from tcpwatch.tui.detail.tabs import states, tcb
from tcpwatch.tui.modes import demo
from tcpwatch.tui.screens import presenter, problems, why
from tcpwatch.why.page import passages
from tcpwatch.why.topics import TOPICS
from tools.message_texts import call_texts

WHOSE, ENDS = ("this end", "the peer"), ("here", "peer")
TOUR_TEXTS = (playlist.TOUR_TITLE, playlist.TOUR_ADVICE, tour.LOOK_IN)


def catalog_texts() -> dict[str, str]:
    """Text -> comment; of a text that stands in several places, that of the first."""
    texts = dict.fromkeys(sorted(field_texts()), "fields")
    texts = dict.fromkeys(sorted(topic_texts()), "explanations") | texts
    texts = dict.fromkeys(sorted(narration_texts()), "narration") | texts
    texts = dict.fromkeys(TOUR_TEXTS, "tour") | texts
    texts = dict.fromkeys(report_texts.ALL, "report") | texts
    texts = texts | {text: "problems" for text in sorted(problem_texts()) if text not in texts}
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


def problem_texts() -> set[str]:
    """Those of problems and of the screens that show them: in calls, and in the tables that the calls read."""
    rules: tuple[Rule[Any], ...] = (*RULES, *PROGRAM_RULES, *HOST_RULES, *WIRE_RULES)
    troubles = {rule.trouble for rule in rules if rule.trouble is not None}
    of_troubles = [text for one in troubles for text in (one.name, one.must, one.group) if text]
    words = [*Cause, *Certainty, *Closer, *NoOwner, *Opened, *Closed, *WHOSE]
    meanings = [*RESET_MEANINGS.values(), *DROP_MEANINGS.values(), *ABORTS.values()]
    endings = [ending.message for *_, ending in ENDINGS]
    headlines = [trouble.NOTHING_STUCK, trouble.NOTHING_STUCK_HALF_CLOSED, trouble.NO_CLOSE_WAIT]
    nothing = [text for line in headlines for text, _ in line.runs if any(map(str.isalpha, text))]
    screens = [*paragraphs.LABELS, *problems.LABELS, problems.HINTS, problems.NOTHING, problems.PROBLEMS]
    screens += [problems.OF_THE_HOST, problems.COPIED_NOTICE]
    texts = {*of_troubles, *words, *meanings, *endings, *nothing, *screens}
    return {*map(str, texts), *call_texts(), *detail_texts()} - {""}


def detail_texts() -> set[str]:
    """Those of the detail pane's own tables."""
    kinds = [*timers.TIMER_LOOKS.values(), *timers.PERSISTS.values(), timers.DEFERRED, timers.SYN_ACK, timers.ORPHAN]
    fates = [timers.TIMER_LOOKS[kind].kind for kind in ("retransmit", "keepalive")]
    timer = [*(look.message for look in kinds), *fates, *timers.NO_TIMER.values(), timers.THEN, timers.LAST]
    set_by = [found.remark for found in vars(settings).values() if isinstance(found, settings.Settings)]
    set_by += [found.remark for found in settings.BY_KIND.values()]
    labels = [label for label, _ in (*fields.VARIABLES, *fields.MEASURES) if label.islower()]
    seen = [name for *_, name in states.OCCURRENCES.values()]
    several = [several_of(name) for name in seen]
    without = [*tcb.WITHOUT_TCB.values(), tcb.NO_SEGMENT, tcb.NEITHER, pane.CHOOSE_ONE, pane.NOTHING_KNOWN]
    owners = summary.HELD_ELSEWHERE.values()
    texts = {*timer, *set_by, *labels, *seen, *several, *without, *owners, *ENDS, *fields.UNKNOWN_VALUES}
    return {text for text in texts if text}


def field_texts() -> set[str]:
    """Those of the fields that have no explanation of their own: what they count, and their one line of help."""
    rows = [row for row in (*TCB_ROWS, *TCP_INFO_ROWS) if row.label not in TOPICS]
    return {text for row in rows for text in (str(row.unit), row.help)}


def scenario_texts(name: str) -> list[str]:
    """Those of a scenario: what it is, what to watch, and its acts."""
    return [SCENARIOS[name].title, SCENARIOS[name].advice, *acts_of(name)]


def acts_of(name: str) -> list[str]:
    """The sentences of a scenario's acts, with the places for values: read from its program, without a run."""
    nodes = ast.walk(ast.parse(getsource(SCENARIOS[name].module)))
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    calls.sort(key=lambda call: call.lineno)
    return [ast.literal_eval(call.args[0]) for call in calls if getattr(call.func, "attr", "") == "now"]
