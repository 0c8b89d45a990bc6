"""The narration strip, line by line."""

import pytest
from rich.cells import cell_len

from tcpwatch.text.duration import SECOND_NS
from tcpwatch.tui.bars.narration_lines import Strip, strip_lines
from tcpwatch.tui.paint.line import Line
from tcpwatch.why.catalog import translation
from tests.narration.traces import OPENING, segments_of

SYN_ACK = segments_of(*OPENING)[1]
LONG = "A client connects. " * 9
STRIP = Strip("3 / 25", "handshake · one connection", "plays", "A client connects.", SYN_ACK, waiting=2)


def text_of(strip: Strip, width: int = 120, height: int = 5) -> list[str]:
    return [line.text.rstrip() for line in strip_lines(strip, str, width, height)]


def test_strip_has_the_place_what_is_done_and_the_segment() -> None:
    title, done, message, moves = text_of(STRIP)
    assert title.startswith(" 3 / 25  handshake · one connection")
    assert title.endswith("   +2 to tell · plays")
    assert done == " ▶ A client connects."
    assert message.startswith(" 2/3: the server answers SYN-ACK")
    assert moves == "   the client SYN-SENT → ESTABLISHED    the server LISTEN → SYN-RECEIVED"


def test_strip_says_how_long_ago_it_was_where_others_wait() -> None:
    assert text_of(STRIP._replace(age_ns=72 * SECOND_NS))[0].endswith("   1m12s ago · +2 to tell · plays")
    assert text_of(STRIP._replace(age_ns=SECOND_NS - 1))[0].endswith("   +2 to tell · plays")
    assert text_of(STRIP._replace(age_ns=72 * SECOND_NS, waiting=0))[0].endswith("   plays")


def test_strip_says_on_how_many_more_connections_the_same_came() -> None:
    message = " ".join(text_of(STRIP._replace(alike=23), 150)[2:4])
    assert "It waits, half open. Likewise on other connections: 23." in message


def test_strip_says_what_a_state_means_where_there_is_room() -> None:
    wide = text_of(STRIP, 150)[-1]
    assert "ESTABLISHED: open, may send and receive    the server" in wide
    ack = STRIP._replace(segment=segments_of(*OPENING)[2])
    assert text_of(ack, 100)[-1] == (
        "   the client ESTABLISHED    the server SYN-RECEIVED → ESTABLISHED: open, may send and receive"
    )


def test_strip_before_the_first_segment_has_all_room_for_what_is_done() -> None:
    lines = text_of(STRIP._replace(segment=None, message=LONG), 80, 4)
    assert len(lines) == 4
    assert all("client" in line for line in lines[1:])


@pytest.mark.parametrize("height", [4, 5])
def test_strip_gives_the_segment_room_before_what_is_done(height: int) -> None:
    lines = text_of(STRIP._replace(message=LONG), 80, height)
    assert len(lines) == height
    assert lines[-1].startswith("   the client SYN-SENT → ESTABLISHED")
    assert [line[-1] for line in lines[1:-1] if line.startswith(" ▶")] == ["…"] * (height - 4)


def test_strip_shows_the_doubts() -> None:
    assert text_of(STRIP._replace(doubts=[Line(((" But the kernel", "caution"),))]))[-1] == " But the kernel"


@pytest.mark.parametrize("language", ["en", "ko", "zh"])
@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(language: str, width: int) -> None:
    lines = strip_lines(STRIP._replace(message=LONG), translation(language), width, 5)
    assert max(cell_len(line.text) for line in lines) <= width
