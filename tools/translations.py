"""Lists the texts that a catalog does not translate yet; part of `make check`. They are shown in English meanwhile."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from tcpwatch.why.catalog import catalog_file, entries
from tcpwatch.why.language import ENGLISH, LANGUAGES
from tools.texts import catalog_texts

TRANSLATED = tuple(language for language in LANGUAGES if language != ENGLISH)


def untranslated(catalog: str, texts: Mapping[str, str]) -> list[str]:
    """The texts without a translation."""
    known = entries(catalog)
    return [text for text in texts if not known.get(text)]


def with_stubs(catalog: str, texts: Mapping[str, str]) -> str:
    """The catalog with an empty entry for each text (text -> comment) that it lacks, behind those of its comment."""
    known = entries(catalog)
    blocks = catalog.rstrip("\n").split("\n\n")
    for text, comment in texts.items():
        if text not in known:
            first_line = f"#. {comment}"
            alike = [place for place, block in enumerate(blocks, 1) if block.startswith(f"{first_line}\n")]
            stub = f'{first_line}\nmsgid {json.dumps(text, ensure_ascii=False)}\nmsgstr ""'
            blocks.insert(alike[-1] if alike else len(blocks), stub)
    return "\n\n".join(blocks) + "\n"


def write_stubs() -> None:
    """Bring every catalog up to date."""
    for language in TRANSLATED:
        path = Path(str(catalog_file(language)))
        path.write_text(with_stubs(path.read_text(encoding="utf-8"), catalog_texts()), encoding="utf-8")


def main() -> int:
    """Name every text that lacks a translation; 1 where there is any."""
    missing = [
        (language, text)
        for language in TRANSLATED
        for text in untranslated(catalog_file(language).read_text(encoding="utf-8"), catalog_texts())
    ]
    for language, text in missing:
        sys.stdout.write(f"not in {language}: {text}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
