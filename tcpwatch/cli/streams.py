"""The standard streams, whatever the caller made of them: closed, full, gone, or of a charset that lacks a character.

Law of the room: nothing that is written to stderr fails the program, for there is nowhere else to say so; what cannot
be written to stdout is an `OutputError`, said once, and a reader of stdout that has gone is a quiet end.
"""

import codecs
import os
import sys
from io import TextIOWrapper
from typing import TextIO

from tcpwatch.errors import OutputError
from tcpwatch.text.charset import LOOK_ALIKES

PLAIN = "tcpwatch.plain"  # the name of `in_plain_letters` among the error handlers of codecs
REPLACED = ("strict", "surrogateescape")  # what a locale brings; another handler was chosen by PYTHONIOENCODING


def open_streams() -> None:
    """Give each stream that the caller closed a place, so that no file that is opened later is taken for it.

    A closed stdin stays None, a closed stdout refuses what is written, a closed stderr takes it and forgets it. Where
    the charset of a stream lacks a character, one that looks like it is written in its place.
    """
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free
    codecs.register_error(PLAIN, in_plain_letters)
    sys.stdout = _usable(sys.stdout, 1)
    sys.stderr = _usable(sys.stderr, 2)


def _usable(stream: TextIO | None, descriptor: int) -> TextIO:
    if stream is None:
        return open(descriptor, "w", encoding="utf-8", closefd=False)
    if isinstance(stream, TextIOWrapper) and (stream.errors in REPLACED or descriptor == 2):
        stream.reconfigure(errors=PLAIN, write_through=False)  # `-u` would fail where nobody waits for it
    return stream


def in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    """For `codecs`: the characters in ASCII that look most like those that the charset lacks, else their numbers."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(LOOK_ALIKES.get(one) or ascii(one)[1:-1] for one in lacking), error.end


def say(sentence: str) -> None:
    """A sentence on stderr, if anybody can hear it."""
    try:
        sys.stderr.write(f"tcpwatch: {sentence}\n")
        sys.stderr.flush()
    except OSError:
        forget(sys.stderr)


def finish() -> None:
    """Write out what is left of stdout. Raises OutputError; BrokenPipeError where its reader has gone."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(error) from error


def forget(*streams: TextIO) -> None:
    """Let what could not be written go nowhere, so that the interpreter does not try it once more at its end."""
    for stream in streams:
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
