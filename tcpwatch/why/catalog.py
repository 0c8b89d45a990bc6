"""The explanations in other languages: gettext catalogs, read as their translators wrote them.

A `.po` file of this size is read in milliseconds, so nothing has to be compiled to `.mo` before a fresh clone can run.
Contexts and plurals do not occur.
"""

import json
import re
from collections.abc import Callable
from importlib.resources import files

from tcpwatch.why.language import ENGLISH

Translate = Callable[[str], str]

_STRING = r'(".*"(?:\n".*")*)'
_ENTRY = re.compile(rf"^msgid {_STRING}\nmsgstr {_STRING}$", re.MULTILINE)


def read_po(text: str) -> dict[str, str]:
    """What each msgid of a catalog is in its language; what is not translated is left out."""
    entries = ((_unquoted(msgid), _unquoted(msgstr)) for msgid, msgstr in _ENTRY.findall(text))
    return {msgid: msgstr for msgid, msgstr in entries if msgid and msgstr}


def _unquoted(strings: str) -> str:
    return "".join(json.loads(string) for string in strings.split("\n"))


def translation(language: str) -> Translate:
    """From an English text to the same in one of LANGUAGES; what has no translation stays English."""
    if language == ENGLISH:
        return str
    catalog = files("tcpwatch") / "locale" / language / "LC_MESSAGES" / "tcpwatch.po"
    messages = read_po(catalog.read_text(encoding="utf-8"))
    return lambda text: messages.get(text, text)
