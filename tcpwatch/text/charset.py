"""What stands for a character where the charset of a locale lacks it, and text in ASCII alone for who reads JSON."""

import re

NO_BREAK = "\N{NO-BREAK SPACE}"  # in our own texts alone: it keeps the digits of a number in one line
LOOK_ALIKES = {
    "≥": ">=", "≤": "<=", "×": "x", "±": "+-", "−": "-", "–": "-", "—": "-", "…": "...", "·": ".", "§": "S.", "µ": "u",
    "●": "*", "○": "o", "▸": ">", "▾": "v", "▎": "|", "‖": "||", "⚠": "!", "✓": "+", "✗": "x", "■": "#", "□": ".",
    "→": "->", "←": "<-", "⇄": "<->", "↔": "<->", "↑": "^", "↓": "v",
    "─": "-", "│": "|", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+",
    "‘": "'", "’": "'", "“": '"', "”": '"', "┄": "-", "╌": "-", "╴": "-", "━": "-", "▶": ">", "◀": "<",
    "►": ">", "◄": "<",
}  # fmt: skip
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def json_in_ascii(line: str) -> str:
    """The same JSON with its characters beyond ASCII as escapes (RFC 8259 §7): a charset without them can carry it."""
    return line if line.isascii() else _BEYOND_ASCII.sub(_escaped, line)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number < 0x1_0000:
        return f"\\u{number:04x}"
    number -= 0x1_0000
    return f"\\u{0xD800 | number >> 10:04x}\\u{0xDC00 | number & 0x3FF:04x}"
