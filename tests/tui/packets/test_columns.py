"""The rows of the packets pane."""

import pytest

from tcpwatch.tcp.event import Event, Step
from tcpwatch.tui.packets.columns import (
    Arrival,
    ambiguous_ports,
    columns_for,
    flag_letters,
    packet_line,
    packet_words,
    states_line,
)
from tcpwatch.tui.paint.columns import lay_out
from tcpwatch.wire.segment import ACK, FIN, PSH, RST, SYN
from tests.tui.canned import TIME_NS, Conversation

WIDTH = 52  # of 120 columns


def talk() -> Conversation:
    return Conversation(0, 53502, TIME_NS)


def row(event: Event, before: Event | None = None, width: int = WIDTH) -> str:
    arrival = Arrival(event, before.segment.time_ns if before else None)
    return packet_line(arrival, lay_out(columns_for(width), width), False).text


@pytest.mark.parametrize(
    ("flags", "letters"),
    [(SYN, "S"), (SYN | ACK, "SA"), (ACK, "A"), (PSH | ACK, "PA"), (FIN | PSH | ACK, "FPA"), (RST, "R"), (0, "–")],
)
def test_flag_letters(flags: int, letters: str) -> None:
    assert flag_letters(flags) == letters


def test_handshake_reads_as_a_ladder() -> None:
    talked = talk().say(0, SYN, 0, 0, 0, step=Step.SYN).say(1, SYN | ACK, 0, 1, 24, step=Step.SYN_ACK)
    first, second = talked.events
    assert row(first).split() == ["12:03:44", "53502→9999", "S", "0", "◇", "1/3", "SYN"]
    assert row(second, first).split() == ["+24µs", "53502←9999", "SA", "0", "1", "◈", "2/3", "SYN-ACK"]


def test_time_is_absolute_where_a_second_begins() -> None:
    first, second = talk().say(0, ACK, 1, 1, 999_999).say(0, ACK, 1, 1, 2).events
    assert row(second, first).split()[0] == "12:03:45"


def test_longest_step_fits_into_half_a_screen() -> None:
    assert row(talk().say(1, FIN | ACK, 1, 16, step=Step.FIN_ACK).events[0]).endswith("◕ 2+3/4 FIN-ACK")


@pytest.mark.parametrize(
    ("words", "ending"),
    [
        ({"analysis": ("retransmission",)}, "!retransmission"),
        ({"analysis": ("keep_alive",)}, "· keep alive"),
        ({"app": "GET / HTTP/1.1"}, "  GET / HTTP/1.1"),
        ({"step": Step.RST, "note": "refused"}, "✖ RST · refused"),
        ({"length": 14}, "  data 14"),
        ({"length": 14, "analysis": ("retransmission",)}, "!retransmission"),
        ({"length": 14, "step": Step.SYN, "note": "TFO"}, "◇ 1/3 SYN +14 · TFO"),
    ],
)
def test_meaning(words: dict[str, object], ending: str) -> None:
    assert row(talk().say(0, ACK, 1, 1, **words).events[0], width=63).rstrip().endswith(ending)  # type: ignore[arg-type]


def test_wide_pane_has_addresses_and_window() -> None:
    text = row(talk().say(1, ACK, 1, 1).events[0], width=130)
    assert "127.0.0.1:53502 ← 127.0.0.1:9999" in text
    assert " 65536 " in text


def test_pane_with_room_has_length_and_window_of_their_own() -> None:
    assert row(talk().say(1, ACK, 1, 1, length=14).events[0], width=80).split()[3:] == ["1", "1", "65536", "14", "data"]


def test_number_too_long_for_its_column_is_short() -> None:
    assert "123k " in row(talk().say(1, ACK, 123_456, 1).events[0])


def test_hosts_are_shown_where_ports_of_several_are_mixed() -> None:
    other = Conversation(1, 53502, TIME_NS, client="10.0.0.217").say(0, SYN, 0, 0, 0).events[0]
    first = talk().say(0, SYN, 0, 0, 0).events[0]
    assert ambiguous_ports([first, other])
    assert not ambiguous_ports([first, first])
    laid = lay_out(columns_for(63, True), 63)
    assert " ….0.217 53502→9999" in packet_line(Arrival(other, None), laid, False).text


def test_related_segment_has_a_bar() -> None:
    event = talk().say(0, ACK, 1, 1).events[0]
    line = packet_line(Arrival(event, None), lay_out(columns_for(WIDTH), WIDTH), True)
    assert (line.text[0], line.row) == ("▎", "related")


def test_states_line_tells_both_ends() -> None:
    event = talk().say(1, FIN | ACK, 1, 16, step=Step.FIN).events[0]
    assert states_line(event).text == " 12:03:44.000030 53502 CLOSE-WAIT 9999 FIN-WAIT-1  window 65 536"


def test_packet_words_are_whole() -> None:
    event = talk().say(1, FIN | ACK, 1, 16, step=Step.FIN).events[0]
    assert packet_words(event) == (
        "12:03:44.000030  127.0.0.1:9999 → 127.0.0.1:53502  [FA]  seq 1 ack 16 win 65536 len 0  1/4 FIN  "
        "9999 FIN-WAIT-1, 53502 CLOSE-WAIT"
    )
