"""Messages over a stream: four ASCII digits that count bytes, then that many bytes of UTF-8, as in `0010HELLOWORLD`.

TCP carries bytes and knows no messages: one segment may hold half of one or three of them. Who wants messages must mark
where each ends; a length in front is the simplest way.
"""

from collections.abc import Callable, Iterator

from tcpwatch.errors import TcpwatchError

LENGTH_DIGITS = 4
MAX_BYTES = 10**LENGTH_DIGITS - 1
RECEIVE_BYTES = 65_536


class MessageError(TcpwatchError):
    """A text that cannot be framed, or bytes that are no message; says where in the stream and what stood there."""


def encode_message(text: str) -> bytes:
    """`text` with its length in front. MessageError where it takes more than 9,999 bytes."""
    body = text.encode()
    if len(body) > MAX_BYTES:
        raise MessageError(f"a message holds at most {MAX_BYTES} bytes, this one has {len(body)}: send it in parts")
    return b"%0*d" % (LENGTH_DIGITS, len(body)) + body


class MessageDecoder:
    """Puts messages together from pieces of any size. Holds at most one message that is not complete."""

    def __init__(self) -> None:
        self._held = b""
        self._offset = 0  # of `_held` in the stream

    def feed(self, piece: bytes) -> Iterator[str]:
        """The messages that `piece` completes. MessageError at the first bytes that are none."""
        self._held += piece
        while (end := self._message_end()) is not None and end <= len(self._held):
            body = self._held[LENGTH_DIGITS:end]
            try:
                text = body.decode()
            except UnicodeDecodeError as error:
                raise MessageError(f"byte {self._offset}: the message is no UTF-8: {error.reason}") from None
            self._held = self._held[end:]
            self._offset += end
            yield text

    def finish(self) -> None:
        """The stream has ended. MessageError where it did so inside a message."""
        if not self._held:
            return
        end = self._message_end()
        missing = "the rest of its length" if end is None else f"{end - len(self._held)} of its bytes"
        raise MessageError(f"the stream ended inside the message that began at byte {self._offset}: {missing} missing")

    def _message_end(self) -> int | None:
        """One past the last byte of the message that `_held` begins with; None while its length is not complete."""
        digits = self._held[:LENGTH_DIGITS]
        if digits and not digits.isdigit():
            raise MessageError(
                f"byte {self._offset}: a message begins with {LENGTH_DIGITS} digits, not with {digits!r}"
            )
        return LENGTH_DIGITS + int(digits) if len(digits) == LENGTH_DIGITS else None


def read_messages(receive: Callable[[int], bytes]) -> Iterator[str]:
    """The messages that `receive`, a `socket.recv`, brings until the peer ends its side. May raise MessageError."""
    decoder = MessageDecoder()
    while piece := receive(RECEIVE_BYTES):
        yield from decoder.feed(piece)
    decoder.finish()
