import re
from importlib import import_module

import pytest

from tcpwatch.errors import UsageError
from tcpwatch.lab.scenarios import SCENARIOS
from tcpwatch.sockets.row import TimerKind
from tcpwatch.tcp import analysis
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State
from tcpwatch.why.topic import Topic
from tcpwatch.why.topics import ALSO, TOPICS, find_topic, with_related
from tcpwatch.wire.segment import FLAG_WORDS

every_topic = pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.key)

ANALYSIS = {word for rule in (*analysis.PROGRESS, *analysis.REPETITION) for word in rule.words}
ANALYSIS |= {"ack_lost_segment", "reused_ports", "tfo_syn", "tfo_ack"}
TABLES = ("states", "steps", "flags", "analysis", "fields", "timers", "queues", "notes", "ideas", "programs")


@every_topic
def test_topic_has_all_its_parts(topic: Topic) -> None:
    assert all((topic.title, topic.what, topic.why, topic.then, topic.commands, topic.wireshark, topic.source))
    assert all(text.endswith(".") for text in (topic.what, topic.why, topic.then))
    assert not topic.title.endswith(".")


@every_topic
def test_topic_leads_to_others_that_there_are(topic: Topic) -> None:
    assert topic.related
    assert all(key in TOPICS and key != topic.key for key in topic.related)
    assert len(set(topic.related)) == len(topic.related)


def test_keys_are_unique() -> None:
    rows = [topic for name in TABLES for topic in vars(import_module(f"tcpwatch.why.tables.{name}"))[name.upper()]]
    assert len(rows) == len(TOPICS)


def test_scenario_that_a_command_plays_is_one_of_the_lab() -> None:
    commands = " ".join(command for topic in TOPICS.values() for command in topic.commands)
    played = re.findall(r"tcpwatch demo ([\w-]+)", commands)
    assert played
    assert set(played) <= set(SCENARIOS)


@pytest.mark.parametrize("word", [*State, *Step, *FLAG_WORDS, *TimerKind, *sorted(ANALYSIS)])
def test_every_word_of_the_core_is_explained(word: str) -> None:
    assert find_topic(word)


@pytest.mark.parametrize("word", [*State, *Step, *FLAG_WORDS, *sorted(ANALYSIS)])
def test_words_of_the_core_are_keys(word: str) -> None:
    assert find_topic(word).key == word


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("close_wait", "CLOSE-WAIT"),
        ("estab", "ESTABLISHED"),
        ("syn-recv", "SYN-RECEIVED"),
        ("snd_una", "SND.UNA"),
        ("2+3/4", None),
        ("1/3 syn", "1/3 SYN"),
        ("Keep-Alive", "keep_alive"),
        ("why  FOUR", "why four"),
        ("unread", "Recv-Q"),
    ],
)
def test_find_topic_takes_the_spellings_people_use(words: str, key: str | None) -> None:
    if key is None:
        with pytest.raises(UsageError, match="tcpwatch why --list"):
            find_topic(words)
    else:
        assert find_topic(words).key == key


def test_find_topic_names_what_is_near() -> None:
    with pytest.raises(UsageError, match="no explanation of 'clos-wait'; near it: CLOSE-WAIT"):
        find_topic("clos-wait")
    with pytest.raises(UsageError, match=r"no explanation of '☃'\. `tcpwatch"):
        find_topic("☃")


@pytest.mark.parametrize(("words", "key"), ALSO.items())
def test_other_word_leads_to_its_topic(words: str, key: str) -> None:
    assert find_topic(words) is TOPICS[key]


def test_with_related_gives_each_topic_once() -> None:
    first, second = TOPICS["CLOSE-WAIT"], TOPICS["FIN-WAIT-2"]
    keys = [topic.key for topic in with_related((first, second))]
    assert keys[:2] == ["CLOSE-WAIT", "FIN-WAIT-2"]
    assert set(first.related) | set(second.related) <= set(keys)
    assert len(set(keys)) == len(keys)
