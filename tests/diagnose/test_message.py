"""Sentences with places for values."""

from tcpwatch.diagnose.message import Count, Listing, Time, in_words, message

SECOND = 1_000_000_000
KOREAN = {"{who} has {bytes} for {age}.": "{age}: {who} {bytes}.", "{count} bytes": "{count}바이트", "the peer": "상대"}


def korean(text: str) -> str:
    return KOREAN.get(text, text)


def test_values_stand_in_their_places() -> None:
    words = message(
        "{who} has {bytes} for {age}.", who="java/1", bytes=Count(2000, "byte"), age=Time(90 * SECOND, True)
    )
    assert str(words) == "java/1 has 2,000 bytes for ≥1m30s."


def test_values_are_translated_with_their_sentence() -> None:
    words = message("{who} has {bytes} for {age}.", who=message("the peer"), bytes=Count(1, "byte"), age=Time(SECOND))
    assert words.words(korean) == "1s: 상대 1바이트."


def test_text_without_a_translation_stays_english() -> None:
    assert message("{n} left", n=1234).words(korean) == "1,234 left"


def test_value_with_braces_is_no_place() -> None:
    assert str(message("{who} left", who="{x}")) == "{x} left"


def test_listing_joins_its_messages() -> None:
    assert in_words(Listing((message("a {n}", n=1), "b"), "; ")) == "a 1; b"
