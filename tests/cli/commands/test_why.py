from collections.abc import Callable

import pytest

from tcpwatch.why.topics import TOPICS
from tests.conftest import Ended

Tcpwatch = Callable[..., Ended]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def test_why_prints_the_explanation_and_whole_commands(tcpwatch: Tcpwatch) -> None:
    ended = tcpwatch("why", "close_wait")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out[0] == "CLOSE-WAIT · the peer has closed, the program here has not"
    assert ended.out[2].startswith("What     The peer's FIN arrived")
    assert "See      ss -tanp state close-wait" in ended.out
    assert ended.out[-1] == "Source   RFC 9293 §3.6"


def test_why_takes_a_topic_of_several_words(tcpwatch: Tcpwatch) -> None:
    assert tcpwatch("why", "accept", "queue").out[0].startswith("accept queue · ")


def test_why_speaks_the_language_that_is_asked_for_or_the_locales(
    tcpwatch: Tcpwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tcpwatch("why", "MSS", "--lang", "zh").out[0] == "MSS · 最大报文段长度"
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert tcpwatch("why", "MSS").out[0] == "MSS · 최대 세그먼트 크기"
    assert tcpwatch("why", "MSS", "--lang", "en").out[0] == "MSS · maximum segment size"


@pytest.mark.parametrize("words", [("why", "--list"), ("why",)])
def test_why_lists_all_topics(tcpwatch: Tcpwatch, words: tuple[str, ...]) -> None:
    ended = tcpwatch(*words)
    assert [line.split("  ")[0] for line in ended.out] == list(TOPICS)
    assert "CLOSE-WAIT               the peer has closed, the program here has not" in ended.out


def test_why_of_an_unknown_word_names_what_is_near(tcpwatch: Tcpwatch) -> None:
    ended = tcpwatch("why", "clos-wait")
    assert (ended.code, ended.out) == (2, [])
    assert "near it: CLOSE-WAIT" in ended.err
