import codecs
import io
import sys
from collections.abc import Iterator

import pytest

from tcpwatch.cli.streams import PLAIN, finish, forget, in_plain_letters, open_streams, say
from tcpwatch.errors import OutputError


@pytest.fixture
def full() -> Iterator[io.TextIOWrapper]:
    """A stream whose disk is full."""
    with open("/dev/full", "w", encoding="utf-8") as stream:
        yield stream
        forget(stream)


@pytest.mark.parametrize(
    ("charset", "written"),
    [("ascii", b">=5s \\uc11c * \\U0001f600"), ("latin-1", b">=5s \\uc11c * \\U0001f600"), ("utf-8", None)],
)
def test_characters_that_a_charset_lacks_are_written_as_others(charset: str, written: bytes | None) -> None:
    codecs.register_error(PLAIN, in_plain_letters)
    text = "≥5s 서 ● 😀"
    assert text.encode(charset, PLAIN) == (written or text.encode())


def test_stream_keeps_the_error_handler_that_was_chosen_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = io.TextIOWrapper(io.BytesIO(), "ascii", errors="ignore")
    monkeypatch.setattr(sys, "stdout", chosen)
    open_streams()
    assert chosen.errors == "ignore"


def test_full_disk_is_an_output_error_at_the_end(monkeypatch: pytest.MonkeyPatch, full: io.TextIOWrapper) -> None:
    full.write("lost")
    monkeypatch.setattr(sys, "stdout", full)
    with pytest.raises(OutputError, match="the output cannot be written: No space left on device"):
        finish()


def test_sentence_that_nobody_can_hear_fails_nothing(monkeypatch: pytest.MonkeyPatch, full: io.TextIOWrapper) -> None:
    monkeypatch.setattr(sys, "stderr", full)
    say("unheard")
