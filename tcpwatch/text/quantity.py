"""Numbers of things in words: one thing, several things."""


def plural(count: int, word: str) -> str:
    """`word` as it stands after this number."""
    return word if count == 1 else f"{word}es" if word.endswith("s") else f"{word}s"


def counted(count: int, word: str) -> str:
    """`1 byte`, `2,000 bytes`."""
    return f"{count:,} {plural(count, word)}"
