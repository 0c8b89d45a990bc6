"""All foreign text (process names, files, the wire) must pass `clean`.

A terminal executes escape sequences, and neither Textual nor Rich removes them: a process name could set the window
title or hide a line. Control characters, bidirectional marks and lone surrogates are replaced by visible symbols here,
once, where the text enters the program.
"""

CONTROL_PICTURES = 0x2400
REPLACEMENT = 0xFFFD

_VISIBLE = {code: CONTROL_PICTURES + code for code in range(0x20)}
_VISIBLE[0x7F] = 0x2421
_VISIBLE |= dict.fromkeys(
    (
        *range(0x80, 0xA0),  # C1 controls
        *range(0xD800, 0xE000),  # surrogates: bytes that were not UTF-8
        *range(0x202A, 0x202F),  # bidirectional embedding and override
        *range(0x2066, 0x206A),  # bidirectional isolates
        *range(0xFFF9, 0xFFFC),  # interlinear annotation
        0x061C,
        0x00AD,
        *range(0x200B, 0x2010),
        0x2028,
        0x2029,
        0x2060,
        0xFEFF,
    ),
    REPLACEMENT,
)


def clean(foreign: str, limit: int = 256) -> str:
    """`foreign` without anything that a terminal would execute, at most `limit` characters long."""
    if len(foreign) > limit:
        foreign = foreign[: limit - 1] + "…"
    if foreign.isascii() and foreign.isprintable():
        return foreign
    return foreign.translate(_VISIBLE)
