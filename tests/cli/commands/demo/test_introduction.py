from tcpwatch.cli.commands.demo.introduction import INTRODUCTION_WIDTH, introduction
from tcpwatch.lab.scenarios import find_scenario
from tcpwatch.text.cells import cells
from tcpwatch.why.catalog import translation


def test_introduction_says_what_it_is_and_what_to_watch() -> None:
    title, first, *_, last = introduction(find_scenario("handshake"), str)
    assert title == "handshake: one connection, from SYN to TIME-WAIT"
    assert first.startswith("Watch the two states")
    assert last == ""


def test_introduction_is_in_the_language_that_was_asked_for() -> None:
    lines = introduction(find_scenario("handshake"), translation("ko"))
    assert lines[0] == "handshake: SYN에서 TIME-WAIT까지의 연결 하나"
    assert max(map(cells, lines)) <= INTRODUCTION_WIDTH
