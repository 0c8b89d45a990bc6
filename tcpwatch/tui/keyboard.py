"""What the terminal sends is foreign: whatever bytes come, keys and mouse go on working, and only keys press keys.

Textual's decoder ends the program with the first byte that is not UTF-8, and its parser with some numbers that are no
character. Such bytes come without anybody's fault: from a terminal in Latin-1, from line noise, and from one that has
forgotten SGR mouse mode (1006), as after an attach to tmux, and reports the mouse as X10 did: three bytes, each 32 more
than what it means. What is pasted does not pass the parser at all: there, an escape in it makes keys of what follows,
and a megabyte takes seconds. docs/upstream.md has what is mended here as it was found in Textual.
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator

from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.message import Message

from tcpwatch.text.clean import clean

X10_MOUSE = re.compile(rb"\x1b\[M(...)", re.DOTALL)
X10_OFFSET = 32
X10_BEGINS = b"\x1b[M"
PASTE_BEGINS, PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"
# What may go on with the next bytes.
BEGUN = re.compile(rb"\x1b(?:\[(?:M.{0,2}|20{0,2})?)?\Z", re.DOTALL)
END_BEGUN = re.compile(rb"\x1b(?:\[(?:2(?:01?)?)?)?\Z")
PAUSE_S = 0.1
PASTE_PAUSES = 20  # after so many in a row the end of a paste is not coming any more; until it comes, no key works
MOST_PASTED = 65_536  # bytes; what the filter's line can use is far less
MOST_CELLS = 4096  # of a width or a height that the terminal reports as text: no screen has more, line noise may


class Keyboard:
    """Bytes as they come -> what Textual makes of them. What cannot be understood is dropped, or becomes U+FFFD.

    `reports_size` tells whether the terminal has been asked to report its size: it is taken only then.
    """

    def __init__(self, reports_size: Callable[[], bool]) -> None:
        self._reports_size = reports_size
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._parser = XTermParser()
        self._sizes: dict[str, object] = {"mouse_pixels": False, "terminal_size": None, "terminal_pixel_size": None}
        self._begun = b""
        self._pasted: bytes | None = None
        self._pauses = 0

    def messages(self, data: bytes) -> Iterator[Message]:
        """What has been pressed, moved, pasted or reported; the rest of it may come with the next bytes."""
        rest = self._begun + data
        self._begun, self._pauses = b"", 0
        while rest:
            if self._pasted is None:
                typed, begins, rest = rest.partition(PASTE_BEGINS)
                typed = X10_MOUSE.sub(self._in_sgr, typed)
                self._pasted = b"" if begins else None
                yield from self._parsed(typed if begins else self._without_begun(typed, BEGUN))
            else:
                pasted, ends, rest = rest.partition(PASTE_ENDS)
                self._pasted += pasted if ends else self._without_begun(pasted, END_BEGUN)
                self._pasted = self._pasted[:MOST_PASTED]
                if ends:
                    yield self._paste()

    def pause(self) -> Iterator[Message]:
        """Nothing came for PAUSE_S: what has begun does not go on. Half a mouse report presses no keys."""
        self._pauses += 1
        if self._pasted is not None:
            if self._pauses >= PASTE_PAUSES:
                self._begun = b""
                yield self._paste()
            return
        begun, self._begun = self._begun, b""
        if begun == b"\x1b" and constants.ESCAPE_DELAY <= PAUSE_S:
            yield events.Key("escape", "\x1b")
        elif not begun.startswith(X10_BEGINS):
            yield from self._parsed(begun)
        yield from self._survived(self._parser.tick)

    def _without_begun(self, data: bytes, pattern: re.Pattern[bytes]) -> bytes:
        """The data but for its end, where that is the beginning of what the pattern says; it is kept."""
        begun = pattern.search(data)
        self._begun = begun[0] if begun else b""
        return data.removesuffix(self._begun)

    def _paste(self) -> events.Paste:
        text = (self._pasted or b"").decode("utf-8", "replace")
        self._pasted = None
        return events.Paste("\n".join(clean(line, MOST_PASTED) for line in text.splitlines()))

    def _parsed(self, data: bytes) -> Iterator[Message]:
        for character in self._decoder.decode(data):
            for message in self._survived(lambda character=character: self._parser.feed(character)):  # type: ignore[misc]
                if not isinstance(message, events.Resize) or self._is_taken(message):
                    yield message

    def _is_taken(self, size: events.Resize) -> bool:
        """Whether this size was asked for, and can be; where not, the parser forgets it."""
        taken = self._reports_size() and all(0 < cells <= MOST_CELLS for cells in size.size)
        if taken:
            pixels = size.pixel_size or None  # a Size with a 0 is false, and cannot be divided by
            self._sizes = {"mouse_pixels": True, "terminal_size": size.size, "terminal_pixel_size": pixels}
        vars(self._parser).update(self._sizes)
        return taken

    def _survived(self, messages: Callable[[], Iterable[Message]]) -> Iterator[Message]:
        """The messages; where the parser ended with an error, a new one goes on after the sequence at fault."""
        try:
            yield from messages()
        except Exception:
            self._parser = XTermParser()
            vars(self._parser).update(self._sizes)

    def _in_sgr(self, report: re.Match[bytes]) -> bytes:
        """The same report as Textual reads it; nothing where the terminal has been told to count pixels."""
        button, x, y = (byte - X10_OFFSET for byte in report[1])
        return b"" if self._parser.mouse_pixels else b"\x1b[<%d;%d;%dM" % (button, x, y)
