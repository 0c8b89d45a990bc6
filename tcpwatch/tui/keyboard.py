"""What the terminal sends is foreign: whatever bytes come, keys and mouse go on working.

Textual's decoder ends the program with the first byte that is not UTF-8, and its parser with some numbers that are no
character. Such bytes come without anybody's fault: from a terminal in Latin-1, from line noise, and from one that has
forgotten SGR mouse mode (1006), as after an attach to tmux, and reports the mouse as X10 did: three bytes, each 32 more
than what it means. docs/upstream.md has what is mended here as it was found in Textual.
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator

from textual._xterm_parser import XTermParser
from textual.message import Message

X10_MOUSE = re.compile(rb"\x1b\[M(...)", re.DOTALL)
BEGUN = re.compile(rb"\x1b\[(?:M.{0,2})?\Z", re.DOTALL)
X10_OFFSET = 32
PASTE_BEGINS, PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"
PASTE_PAUSES = 20  # after so many in a row the end of a paste is not coming any more; until it comes, no key works


class Keyboard:
    """Bytes as they come -> what Textual makes of them. What cannot be understood is dropped, or becomes U+FFFD."""

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._parser = XTermParser()
        self._begun = b""
        self._pauses = PASTE_PAUSES

    def messages(self, data: bytes) -> Iterator[Message]:
        """What has been pressed, moved or reported; the rest of a report may come with the next bytes."""
        data = X10_MOUSE.sub(self._in_sgr, self._begun + data)
        begun = BEGUN.search(data)
        self._begun = begun[0] if begun else b""
        if PASTE_BEGINS in data or self._pauses < PASTE_PAUSES:
            self._pauses = PASTE_PAUSES if data.rfind(PASTE_ENDS) > data.rfind(PASTE_BEGINS) else 0
        yield from self._parsed(data.removesuffix(self._begun))

    def pause(self) -> Iterator[Message]:
        """Nothing came for a while: what has begun does not go on. Half a mouse report presses no keys."""
        begun, self._begun = self._begun, b""
        if not begun.endswith(b"["):
            begun = b""
        yield from self._parsed(begun)
        if self._pauses < PASTE_PAUSES:
            self._pauses += 1
            if self._pauses == PASTE_PAUSES:
                yield from self._parsed(PASTE_ENDS)
        yield from self._survived(self._parser.tick)

    def _parsed(self, data: bytes) -> Iterator[Message]:
        for character in self._decoder.decode(data):
            yield from self._survived(lambda character=character: self._parser.feed(character))  # type: ignore[misc]

    def _survived(self, messages: Callable[[], Iterable[Message]]) -> Iterator[Message]:
        """The messages; where the parser ended with an error, a new one goes on after the sequence at fault."""
        try:
            yield from messages()
        except Exception:
            old, self._parser = self._parser, XTermParser()
            for name in ("mouse_pixels", "terminal_size", "terminal_pixel_size"):
                setattr(self._parser, name, getattr(old, name))

    def _in_sgr(self, report: re.Match[bytes]) -> bytes:
        """The same report as Textual reads it; nothing where the terminal has been told to count pixels."""
        button, x, y = (byte - X10_OFFSET for byte in report[1])
        return b"" if self._parser.mouse_pixels else b"\x1b[<%d;%d;%dM" % (button, x, y)
