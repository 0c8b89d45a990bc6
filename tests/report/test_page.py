"""index.html: what it says, and what hostile text becomes in it."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tcpwatch.report import texts
from tcpwatch.report.page import page
from tcpwatch.report.records.problems import ReportedProblem
from tcpwatch.tcp.tracker import FlowTracker
from tests.builders import connection
from tests.narration.traces import OPENING
from tests.report.reports import contents, problem
from tests.tcp.trace import segments

VOID = {"meta", "br"}


class Reader(HTMLParser):
    """What a browser sees: the elements, their attributes and the text; and whether all are closed."""

    def __init__(self, lines: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self.words = ""
        self._open: list[str] = []
        self.feed(lines)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def read(**facts: object) -> Reader:
    return Reader("\n".join(page(contents(**facts))))  # type: ignore[arg-type]


def test_page_has_all_that_was_found() -> None:
    words = read().words
    for expected in (
        "java/4242 does not close.", "≥1m00s", "4 of 4 unread by java", "program (certain)", "jcmd java", "CLOSE-WAIT",
        "java/4242 fd 7", "java -jar java", "www", "java.service", "12 / 64", "its only thread waits in futex",
        "1/3 SYN", "packets", "no java", "owners of java", "problems.md", "looked for 10s", "port 8080",
    ):  # fmt: skip
        assert expected in words, expected


def test_page_loads_and_runs_nothing() -> None:
    reader = read()
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(reader.tags)
    assert not {"src", "srcset", "action", "xlink:href"} & set(reader.attributes)
    assert not [name for name in reader.attributes if name.startswith("on")]
    assert all(link.startswith("#") or "/" not in link for link in reader.attributes["href"])
    assert "default-src 'none'" in " ".join(reader.attributes["content"])


def test_problem_leads_to_its_ladder() -> None:
    reader = read()
    assert "#ladder-1" in reader.attributes["href"]
    assert "ladder-1" in reader.attributes["id"]
    assert texts.NO_LADDER in read(ladders=(), ladders_of={}).words


def test_nothing_found_is_a_sentence() -> None:
    assert texts.NO_PROBLEM in read(problems=()).words


def test_members_beyond_a_few_are_counted() -> None:
    many = ReportedProblem(problem(), 0, tuple(connection(cookie=number) for number in range(25)))
    assert "and 5 more" in read(problems=[many]).words


def test_connections_on_the_wire_are_listed() -> None:
    tracker = FlowTracker()
    for segment in segments(OPENING):
        tracker.receive_segment(segment)
    assert "ESTABLISHED/ESTABLISHED" in read(flows=list(tracker.flows())).words


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "a\nb\u202ec", "&lt;b&gt;"]
)
def test_hostile_text_stays_text(hostile: str) -> None:
    harmless, reader = read(), read(word=hostile)
    assert reader.tags == harmless.tags
    assert set(reader.attributes) == set(harmless.attributes)
    assert "\u202e" not in reader.words
    if hostile.isprintable():
        assert reader.words.count(hostile) >= 9


def test_labels_are_in_the_reader_s_language() -> None:
    assert (
        "Probleme"
        in Reader(
            "\n".join(page(replace(contents(), translate=lambda text: text.replace("Problems", "Probleme"))))
        ).words
    )
