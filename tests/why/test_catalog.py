"""Every text is in the catalogs, and a translation has the numbers and the words of the RFC that the text has."""

import re
from pathlib import Path
from string import Formatter

import pytest

from tcpwatch.why import catalog
from tcpwatch.why.catalog import catalog_file, entries, read_po, translation
from tcpwatch.why.language import ENGLISH, LANGUAGES
from tools.texts import catalog_texts

# Upper-case words, kernel names, calls, filters' words and numbers are the same in every language.
TERM = re.compile(
    r"[A-Z][A-Z0-9]+(?:[-.+/,][A-Z0-9]+)*|\w+_\w+|[a-z]+\(|\d[\d/+]*|Recv-Q|ClientHello|ServerHello", re.ASCII
)

languages = pytest.mark.parametrize("language", [one for one in LANGUAGES if one != ENGLISH])


def written(language: str) -> str:
    return catalog_file(language).read_text(encoding="utf-8")


@languages
def test_catalog_has_every_text_and_no_other(language: str) -> None:
    assert catalog_texts().keys() == entries(written(language)).keys(), "`make scenarios` adds what is missing"


@languages
def test_catalog_has_each_text_once_and_none_unsure(language: str) -> None:
    text = written(language)
    assert text.count("\nmsgid ") == text.count("\nmsgstr ") == len(entries(text)) + 1  # and the header
    assert "fuzzy" not in text


@languages
def test_translation_keeps_numbers_and_words_of_the_rfc(language: str) -> None:
    lost = {
        msgid: missing
        for msgid, msgstr in read_po(written(language)).items()
        if (missing := set(TERM.findall(msgid)) - set(TERM.findall(msgstr)))
    }
    assert not lost


@languages
def test_translation_has_the_places_of_the_text(language: str) -> None:
    for msgid, msgstr in read_po(written(language)).items():
        assert places(msgid) == places(msgstr), msgid


def places(text: str) -> set[str | None]:
    """The names in a sentence for which values are put."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@languages
def test_translation_is_in_its_own_script(language: str) -> None:
    script = {"ko": re.compile("[가-힣]"), "zh": re.compile("[一-鿿]")}[language]
    elsewhere = {msgid: msgstr for msgid, msgstr in read_po(written(language)).items() if not script.search(msgstr)}
    assert all(words(msgstr) <= words(msgid) for msgid, msgstr in elsewhere.items())  # terms alone: `SYN-ACK`, `ms`


def words(text: str) -> set[str]:
    """The Latin words of a text, without its places."""
    return set(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", text)))


def test_translation_of_an_unknown_text_is_the_text() -> None:
    assert translation("ko")("not in any catalog") == "not in any catalog"
    assert translation("en")("Why") == "Why"
    assert translation("ko")("Why") == "왜"


def test_read_po_joins_strings_and_takes_escapes() -> None:
    text = '#. a comment\nmsgid ""\n"a \\"b\\"\\n"\n"c"\nmsgstr "x"\n"y"\n'
    assert read_po(text) == {'a "b"\nc': "xy"}


def test_read_po_leaves_out_the_header_and_what_is_not_translated() -> None:
    assert read_po('msgid ""\nmsgstr "Language: ko\\n"\n\nmsgid "a"\nmsgstr ""\n\n#~ msgid "b"\n#~ msgstr "c"\n') == {}


def test_entries_keep_what_is_not_translated() -> None:
    assert entries('msgid ""\nmsgstr "Language: ko\\n"\n\nmsgid "a"\nmsgstr ""\n') == {"a": ""}


def test_translation_of_a_text_with_an_empty_msgstr_is_the_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tcpwatch.po").write_text('msgid "a"\nmsgstr ""\n\nmsgid "b"\nmsgstr "나"\n', encoding="utf-8")
    monkeypatch.setattr(catalog, "catalog_file", lambda language: tmp_path / "tcpwatch.po")
    translate = translation("ko")
    assert (translate("a"), translate("b")) == ("a", "나")
