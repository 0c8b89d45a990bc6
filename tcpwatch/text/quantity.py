"""Singular and plural of counted things."""


def plural(count: int, word: str) -> str:
    """Singular or plural of `word` for this count."""
    if count == 1:
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith("s") else f"{word}s"


def counted(count: int, word: str) -> str:
    """`1 byte`, `2,000 bytes`."""
    return f"{count:,} {plural(count, word)}"
