"""The templates of messages, found in the source."""

import ast

import pytest

from tools.message_texts import ROOT, _calls_of, call_texts, unfound


def texts_in(source: str) -> list[list[str] | None]:
    return [texts for _, texts in _calls_of(ROOT / "rule.py", ast.parse(source)) if texts != []]


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('message("{n} left", n=1)', ["{n} left"]),
        ('message("a" if many else "b")', ["a", "b"]),
        ('words = "a" if many else "b"\nmessage(words, n=1)', ["a", "b"]),
        ('WHY = {1: "a", 2: (3, "b")}\nmessage(WHY[kind])', ["a", "b"]),
        ('Count(2, "byte")', ["{count} bytes"]),
        ('Listing(reasons, ", or ")', [", or "]),
        ('Limit("fds", 1, 2)', ["fds"]),
        ('context.translate("state")', ["state"]),
    ],
)
def test_call_texts_are_those_of_the_literals(source: str, texts: list[str]) -> None:
    assert texts_in(source) == [texts]


@pytest.mark.parametrize(
    "source",
    [
        "message(trouble.must)",
        "message(Closer.HERE if here else Closer.PEER)",
        'message(meaning("x"))',
        'Listing(reasons, ", ")',
    ],
)
def test_what_comes_from_a_table_is_found_there(source: str) -> None:
    assert texts_in(source) == []


@pytest.mark.parametrize("source", ['message("{n} " + rest)', 'message(f"{n} left")', "message(unknown)"])
def test_template_that_is_put_together_cannot_be_found(source: str) -> None:
    assert texts_in(source) == [None]


def test_every_template_is_found() -> None:
    assert unfound() == []
    assert "{program} must call close(): the peer has closed, this end has not." in call_texts()
