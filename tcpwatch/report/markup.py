"""Text -> text that HTML, SVG and Markdown show as it stands.

Rule: whatever comes from outside the page goes through here, though it was cleaned at the door: names of processes,
first lines of payloads, names of files. Nothing that is shown is executed, loaded or laid out.
"""

import html
import re

from tcpwatch.text.clean import clean

LONGEST = 20_000
# What CommonMark and GitHub's Markdown give a meaning inside of a line, and at its beginning.
MARKS = re.compile(r"[\\`*_\[\]<>#|~&@$!{}]|(?<=:)/(?=/)|(?<=[Ww]{3})\.")
AT_BEGINNING = re.compile(r"^(\s*)([-+=]|\d+(?=[.)](?:\s|$)))")
BACKTICKS = re.compile(r"`+")


def escaped(text: str) -> str:
    """For HTML and SVG, in an element or in a quoted attribute; on one line."""
    return html.escape(clean(text, LONGEST), quote=True)


def markdown(text: str) -> str:
    """For a paragraph or an item of a list in Markdown; on one line."""
    marked = MARKS.sub(lambda found: f"\\{found[0]}", clean(text, LONGEST))
    return AT_BEGINNING.sub(_not_at_beginning, marked)


def code_span(text: str) -> str:
    """As code within a line of Markdown."""
    text = clean(text, LONGEST)
    fence = "`" * (1 + max(map(len, BACKTICKS.findall(text)), default=0))
    space = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) or not text else ""
    return f"{fence}{space}{text}{space}{fence}"


def _not_at_beginning(found: re.Match[str]) -> str:
    indent, mark = found.groups()
    return f"{indent}{mark}\\" if mark.isdecimal() else f"{indent}\\{mark}"
