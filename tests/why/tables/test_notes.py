"""Every note that stands beside a segment leads to a topic."""

import ast
from inspect import getsource

import pytest

from tcpwatch.tcp import handshake
from tcpwatch.tcp.damage import damage_note
from tcpwatch.tcp.remarks import REMARKS, aggregate_note
from tcpwatch.why.tables.notes import TOPIC_OF_NOTE, topic_of_note
from tcpwatch.why.topics import TOPICS
from tcpwatch.wire.segment import TCP_CHECKSUM


def notes_of_the_handshake() -> set[str]:
    """Every text that `handshake` returns or assigns as a note."""
    found: set[object] = set()
    functions = [node for node in ast.parse(getsource(handshake)).body if isinstance(node, ast.FunctionDef)]
    for node in (node for function in functions for node in ast.walk(function)):
        if isinstance(node, (ast.Return, ast.Assign)) and node.value is not None:
            found |= {one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)}
    return {text for text in found if isinstance(text, str)}


NOTES = {*notes_of_the_handshake(), *(note for _, note in REMARKS), damage_note(TCP_CHECKSUM), aggregate_note(3)}


@pytest.mark.parametrize("note", sorted(NOTES))
def test_every_note_has_a_topic(note: str) -> None:
    assert topic_of_note(note) in TOPICS


def test_every_row_explains_some_note() -> None:
    assert all(any(words in note for note in NOTES) for words, _ in TOPIC_OF_NOTE)


def test_unknown_note_has_none() -> None:
    assert topic_of_note("something else") is None
