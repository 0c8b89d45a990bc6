"""Any bytes of a terminal: none ends the keyboard, and noise presses no key."""

import itertools
import random

import pytest
from textual import events

from tcpwatch.tui.keyboard import PASTE_PAUSES, Keyboard


@pytest.fixture(autouse=True)
def long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause is longer than Textual waits for the rest of an escape sequence."""
    seconds = itertools.count()
    monkeypatch.setattr("textual._parser.get_time", lambda: next(seconds))


def keys(keyboard: Keyboard, *chunks: bytes) -> list[str]:
    """The keys that these chunks press, in a terminal that then pauses."""
    messages = [message for chunk in chunks for message in keyboard.messages(chunk)]
    messages.extend(keyboard.pause())
    return [message.key for message in messages if isinstance(message, events.Key)]


def places(chunks: list[bytes]) -> list[tuple[str, float, float, int]]:
    """The mouse events of these chunks: what, where, which button."""
    keyboard = Keyboard()
    messages = [message for chunk in chunks for message in keyboard.messages(chunk)]
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
    keyboard = Keyboard()
    keys(keyboard, noise)
    assert keys(keyboard, b"q")[-1:] == ["q"]
    assert keys(keyboard, "é".encode(), "漢".encode()[:1], "漢".encode()[1:]) == ["é", "漢"]


def test_latin_1_key_is_a_replacement_character() -> None:
    assert keys(Keyboard(), b"\xe9x") == ["replacement_character", "x"]


def test_nul_is_a_key_of_its_own() -> None:
    assert keys(Keyboard(), b"\x00x") == ["ctrl+@", "x"]


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
    keyboard = Keyboard()
    assert keys(keyboard, begun) == []
    assert keys(keyboard, b"q") == ["q"]


def test_escape_sequence_split_after_its_bracket_is_whole() -> None:
    assert keys(Keyboard(), b"\x1b[", b"A") == ["up"]


def test_paste_whose_end_does_not_come_ends_after_a_while() -> None:
    keyboard = Keyboard()
    assert keys(keyboard, b"\x1b[200~", b"curl") == []
    messages = [message for _ in range(PASTE_PAUSES) for message in keyboard.pause()]
    assert keys(keyboard, b"q") == ["q"]
    assert [message.text for message in messages if isinstance(message, events.Paste)] in ([], ["curl"])


def test_paste_with_pauses_is_one_paste() -> None:
    keyboard = Keyboard()
    messages = [*keyboard.messages(b"\x1b[200~one "), *keyboard.pause(), *keyboard.messages(b"two\x1b[201~z")]
    assert [message.text for message in messages if isinstance(message, events.Paste)] == ["one two"]
    assert [message.key for message in messages if isinstance(message, events.Key)] == ["z"]


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
    keyboard = Keyboard()
    for _ in range(3000):
        list(keyboard.messages(b"".join(chance.choice([*pieces, chance.randbytes(1)]) for _ in range(8))))
    keys(keyboard, b"\x1b[201~")
    keys(keyboard)
    assert keys(keyboard, b"q")[-1] == "q"
