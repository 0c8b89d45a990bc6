import pytest

from tools import translations
from tools.translations import untranslated, with_stubs

CATALOG = """# Korean.
msgid ""
msgstr "Language: ko\\n"

#. scenario one
msgid "a"
msgstr "가"

#. narration
msgid "b"
msgstr ""
"""


def test_untranslated_is_what_is_empty_or_not_there() -> None:
    assert untranslated(CATALOG, {"a": "scenario one", "b": "narration", "c": "narration"}) == ["b", "c"]


def test_with_stubs_adds_an_empty_entry_behind_those_of_its_comment() -> None:
    catalog = with_stubs(CATALOG, {"a": "scenario one", 'say "c"': "scenario one", "d": "scenario two"})
    assert catalog == CATALOG.replace(
        'msgstr "가"\n', 'msgstr "가"\n\n#. scenario one\nmsgid "say \\"c\\""\nmsgstr ""\n'
    ) + ('\n#. scenario two\nmsgid "d"\nmsgstr ""\n')


def test_with_stubs_changes_nothing_where_nothing_is_missing() -> None:
    assert with_stubs(CATALOG, {"a": "scenario one", "b": "narration"}) == CATALOG


def test_check_names_each_text_that_lacks_a_translation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(translations, "catalog_texts", lambda: {"Why": "narration", "not in any catalog": "narration"})
    assert translations.main() == 1
    assert capsys.readouterr().out == "not in ko: not in any catalog\nnot in zh: not in any catalog\n"


def test_check_passes_where_all_is_translated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(translations, "catalog_texts", lambda: {"Why": "narration"})
    assert (translations.main(), capsys.readouterr().out) == (0, "")
