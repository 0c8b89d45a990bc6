"""Fields that have no topic of their own."""

from dataclasses import replace

from tcpwatch.sockets.fields import TCB_ROWS, TCP_INFO_ROWS
from tcpwatch.why.field_topics import TCB_SOURCE, TCP_INFO_SOURCE, field_topic
from tcpwatch.why.page import passages
from tcpwatch.why.topics import find_topic, with_related

[PMTU] = [row for row in TCP_INFO_ROWS if row.name == "pmtu"]


def test_field_topic_is_the_row_in_words() -> None:
    topic = field_topic(PMTU)
    assert (topic.key, topic.title, topic.what, topic.source) == ("pmtu", PMTU.unit, PMTU.help, TCP_INFO_SOURCE)
    assert field_topic(TCB_ROWS[0]).source == TCB_SOURCE


def test_field_topic_is_called_as_on_the_screen() -> None:
    assert field_topic(replace(PMTU, label="PMTU")).key == "PMTU"


def test_field_topic_has_no_empty_passages() -> None:
    found = list(passages(field_topic(PMTU), str))
    assert [passage.label for passage in found] == ["What", "See", "", "Source"]
    assert all(passage.text for passage in found)


def test_field_topic_copies_commands_alone() -> None:
    topic = field_topic(PMTU)
    assert topic.copyable == topic.commands
    assert find_topic("MSS").copyable[-1] == "tcp.options.mss_val"


def test_field_topic_leads_nowhere() -> None:
    topic = find_topic("pmtu")
    assert list(with_related((topic,))) == [topic]
