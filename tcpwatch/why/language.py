"""Which language to explain in. The words of the RFC are the same in all of them."""

import re
from collections.abc import Mapping

ENGLISH = "en"
LANGUAGES = (ENGLISH, "ko", "zh")
LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # locale(7): the first that is set decides


def language_of(environ: Mapping[str, str]) -> str:
    """The language of the locale that is set, English where it is none of LANGUAGES."""
    locale = next((value for name in LOCALE_VARIABLES if (value := environ.get(name))), "")
    language = re.split(r"[_.@-]", locale)[0].lower()
    return language if language in LANGUAGES else ENGLISH
