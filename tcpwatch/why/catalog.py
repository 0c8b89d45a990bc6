"""The explanations in other languages: gettext catalogs, read as their translators wrote them.

A `.po` file of this size is read in milliseconds, so nothing has to be compiled to `.mo` before a fresh clone can run.
Contexts and plurals do not occur. `tools.translations` lists the texts that are not translated yet.
"""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from importlib.resources.abc import Traversable

from tcpwatch.why.language import ENGLISH

Translate = Callable[[str], str]

_STRING = r'(".*"(?:\n".*")*)'
_ENTRY = re.compile(rf"^msgid {_STRING}\nmsgstr {_STRING}$", re.MULTILINE)


def catalog_file(language: str) -> Traversable:
    """The catalog of one of LANGUAGES; English, the language of the msgids, has none."""
    return files("tcpwatch") / "locale" / language / "LC_MESSAGES" / "tcpwatch.po"


def entries(text: str) -> dict[str, str]:
    """Each msgid of a catalog and its msgstr, which is empty where there is no translation yet; without the header."""
    strings = ((_unquoted(msgid), _unquoted(msgstr)) for msgid, msgstr in _ENTRY.findall(text))
    return {msgid: msgstr for msgid, msgstr in strings if msgid}


def read_po(text: str) -> dict[str, str]:
    """The translation of each msgid of a catalog that has one."""
    return {msgid: msgstr for msgid, msgstr in entries(text).items() if msgstr}


def _unquoted(strings: str) -> str:
    return "".join(json.loads(string) for string in strings.split("\n"))


def translation(language: str) -> Translate:
    """From an English text to the same in one of LANGUAGES; a text without a translation stays English."""
    if language == ENGLISH:
        return str
    messages = read_po(catalog_file(language).read_text(encoding="utf-8"))
    return lambda text: messages.get(text, text)
