"""Any bytes of a terminal: none ends the keyboard, and noise presses no key."""

import itertools
import random

import pytest
from textual import events
from textual.message import Message

from tcpwatch.tui.keyboard import MOST_PASTED, PASTE_PAUSES, Keyboard


@pytest.fixture(autouse=True)
def long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause is longer than Textual waits for the rest of an escape sequence."""
    seconds = itertools.count()
    monkeypatch.setattr("textual._parser.get_time", lambda: next(seconds))


def keyboard(reports_size: bool = False) -> Keyboard:
    return Keyboard(lambda: reports_size)


def keys(terminal: Keyboard, *chunks: bytes) -> list[str]:
    """The keys that these chunks press, in a terminal that then pauses."""
    messages = [message for chunk in chunks for message in terminal.messages(chunk)]
    messages.extend(terminal.pause())
    return [message.key for message in messages if isinstance(message, events.Key)]


def places(chunks: list[bytes]) -> list[tuple[str, float, float, int]]:
    """The mouse events of these chunks: what, where, which button."""
    terminal = keyboard()
    messages = [message for chunk in chunks for message in terminal.messages(chunk)]
    mouse = [message for message in messages if isinstance(message, events.MouseEvent)]
    assert len(mouse) == len(messages), messages
    return [(type(message).__name__, message.x, message.y, message.button) for message in mouse]


@pytest.mark.parametrize(
    "noise",
    [
        b"\xe9", b"\xe1", b"\xff\xfe", b"\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xc3\x28", b"\x1b\xe9",
        b"\x1b[1114112u", b"\x1b[1:2u", b"\x1b[9999999999999u", b"\x1b[48;0;0;0;0t\x1b[<0;1;1M", b"\x1b[<1;1;1",
        b"\x1b[MC\x84\x30", b"\x1b[M\xc3\xa9\xa9", b"\x1b[M\xff\xff\xff", b"\x1b[M\x00\x00\x00", b"\x1b[M\x1b\x1b\x1b",
    ],
)  # fmt: skip
def test_key_after_noise_is_a_key(noise: bytes) -> None:
    terminal = keyboard()
    keys(terminal, noise)
    assert keys(terminal, b"q")[-1:] == ["q"]
    assert keys(terminal, "é".encode(), "漢".encode()[:1], "漢".encode()[1:]) == ["é", "漢"]


def test_latin_1_key_is_a_replacement_character() -> None:
    assert keys(keyboard(), b"\xe9x") == ["replacement_character", "x"]


def test_nul_is_a_key_of_its_own() -> None:
    assert keys(keyboard(), b"\x00x") == ["ctrl+@", "x"]


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        (b"\x1b[M !!", ("MouseDown", 0, 0, 1)),
        (b'\x1b[M"\x84\x30', ("MouseDown", 99, 15, 3)),
        (b"\x1b[MC\xc3\xa9", ("MouseMove", 162, 136, 0)),
        (b"\x1b[Ma\xff\xff", ("MouseScrollDown", 222, 222, 0)),
    ],
)
def test_mouse_report_of_x10_is_read_as_one_whole_or_split(
    report: bytes, wanted: tuple[str, float, float, int]
) -> None:
    assert places([report]) == [wanted]
    for cut in range(2, len(report)):
        assert places([report[:cut], report[cut:]]) == [wanted]


def test_mouse_report_where_no_column_can_be_is_dropped() -> None:
    assert places([b"\x1b[M \x00\x00"]) == []


@pytest.mark.parametrize("begun", [b"\x1b[M", b"\x1b[MK", b"\x1b[MKK"])
def test_mouse_report_cut_off_presses_no_key(begun: bytes) -> None:
    terminal = keyboard()
    assert keys(terminal, begun) == []
    assert keys(terminal, b"q") == ["q"]


def test_escape_sequence_split_after_its_bracket_is_whole() -> None:
    assert keys(keyboard(), b"\x1b[", b"A") == ["up"]


def pasted(messages: list[Message]) -> list[str]:
    return [message.text for message in messages if isinstance(message, events.Paste)]


def pressed(messages: list[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, events.Key)]


def test_paste_whose_end_does_not_come_ends_after_a_while() -> None:
    terminal = keyboard()
    assert keys(terminal, b"\x1b[200~", b"curl") == []
    messages = [message for _ in range(PASTE_PAUSES) for message in terminal.pause()]
    assert keys(terminal, b"q") == ["q"]
    assert pasted(messages) == ["curl"]


def test_paste_with_pauses_is_one_paste() -> None:
    terminal = keyboard()
    messages = [*terminal.messages(b"\x1b[200~one "), *terminal.pause(), *terminal.messages(b"two\x1b[20")]
    messages += [*terminal.pause(), *terminal.messages(b"1~z")]
    assert (pasted(messages), pressed(messages)) == (["one two"], ["z"])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"q\x1bqKy", "q␛qKy"),
        (b"\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        (b"\x1b[AKyq\x1b and more text than thirty-two characters, q K y", None),
        (b"\x1b[<0;1;1M\x1b[M   ", "␛[<0;1;1M␛[M   "),
        (b"\x1b[48;0;0;0;0t\x1b[I", "␛[48;0;0;0;0t␛[I"),
        (b"\x1b[200~", "␛[200~"),
        (b"\xe9\xff", "\ufffd\ufffd"),
        (b"\x1b]2;title\x07", "␛]2;title␇"),
        (b"one\r\ntwo", "one\ntwo"),
        (b"", ""),
    ],
)
def test_paste_presses_no_key_whole_or_split(text: bytes, wanted: str | None) -> None:
    data = b"\x1b[200~" + text + b"\x1b[201~z"
    for cut in range(len(data)):
        terminal = keyboard()
        messages = [*terminal.messages(data[:cut]), *terminal.messages(data[cut:])]
        assert pressed(messages) == ["z"]
        assert len(messages) == 2
        assert pasted(messages) == [wanted] or wanted is None


def test_huge_paste_is_cut_and_the_keys_go_on() -> None:
    terminal = keyboard()
    chunks = (b"\x1b[200~", *(b"x" * 4096 for _ in range(2500)), b"\x1b[201~q")
    messages = [message for chunk in chunks for message in terminal.messages(chunk)]
    assert (pasted(messages), pressed(messages)) == (["x" * MOST_PASTED], ["q"])


def test_paste_goes_on_while_something_comes_now_and_then() -> None:
    terminal = keyboard()
    messages = list(terminal.messages(b"\x1b[200~"))
    for word in (b"one ", b"two ", b"three\x1b[201~"):
        messages += [message for _ in range(PASTE_PAUSES - 1) for message in terminal.pause()]
        messages += terminal.messages(word)
    assert pasted(messages) == ["one two three"]


def test_escape_is_a_key_after_one_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual._parser.get_time", lambda: 0.0)  # Textual would wait for another
    assert keys(keyboard(), b"\x1b") == ["escape"]
    assert keys(keyboard(), b"a\x1b") == ["a", "escape"]
    assert keys(keyboard(), b"\x1b", b"[A") == ["up"]


SIZE = b"\x1b[48;24;80;480;800t"  # 24 rows of 20 pixels, 80 columns of 10
PRESS = b"\x1b[<0;41;41M"


def reported(reports_size: bool, *chunks: bytes) -> list[tuple[str, float, float]]:
    """The sizes and the places of the mouse that are taken of these chunks."""
    terminal = keyboard(reports_size)
    messages = [message for chunk in chunks for message in terminal.messages(chunk)]
    sizes = [(type(m).__name__, m.size.width, m.size.height) for m in messages if isinstance(m, events.Resize)]
    return [*sizes, *((type(m).__name__, m.x, m.y) for m in messages if isinstance(m, events.MouseEvent))]


def test_size_that_was_asked_for_is_taken_and_the_mouse_is_in_pixels() -> None:
    assert reported(True, SIZE + PRESS) == [("Resize", 80, 24), ("MouseDown", 4, 2)]


@pytest.mark.parametrize("size", [SIZE, b"\x1b[48;0;0;0;0t", b"\x1b[48;999999999;999999999;1;1t"])
def test_size_that_was_not_asked_for_leaves_the_mouse_in_cells(size: bytes) -> None:
    assert reported(False, size + PRESS) == [("MouseDown", 40, 40)]


@pytest.mark.parametrize("size", [b"\x1b[48;0;0;480;800t", b"\x1b[48;0;80;480;800t", b"\x1b[48;24;4097;480;800t"])
def test_size_that_cannot_be_leaves_the_one_before(size: bytes) -> None:
    assert reported(True, SIZE + size + PRESS) == [("Resize", 80, 24), ("MouseDown", 4, 2)]
    assert reported(True, size + PRESS) == [("MouseDown", 40, 40)]


def test_size_without_pixels_leaves_the_mouse_in_cells() -> None:
    assert reported(True, b"\x1b[48;24;80;0;0t" + PRESS) == [("Resize", 80, 24), ("MouseDown", 40, 40)]


def test_mouse_stays_in_pixels_after_what_the_parser_does_not_survive() -> None:
    assert reported(True, SIZE, b"\x1b[1114112u", PRESS) == [("Resize", 80, 24), ("MouseDown", 4, 2)]


def test_mouse_report_of_x10_where_pixels_are_counted_is_dropped() -> None:
    assert reported(True, SIZE, b"\x1b[M !!") == [("Resize", 80, 24)]


def test_random_bytes_raise_nothing_and_the_keyboard_still_works() -> None:
    chance = random.Random(25)
    pieces = [
        b"\x1b[",
        b"\x1b",
        b"M",
        b"<",
        b";",
        b"9" * 9,
        b"u",
        b"t",
        b"48",
        b"~",
        b":",
        b"\xc3",
        b"\x00",
        b"R",
        b"m",
    ]
    terminal = keyboard()
    for _ in range(3000):
        list(terminal.messages(b"".join(chance.choice([*pieces, chance.randbytes(1)]) for _ in range(8))))
    keys(terminal, b"\x1b[201~")
    keys(terminal)
    assert keys(terminal, b"q")[-1] == "q"
