"""Lengths of time in words."""

import pytest

from tcpwatch.text.duration import SECOND_NS, duration, fine_duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0s"),
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m00s"),
        (187, "3m07s"),
        (3720, "1h02m"),
        (15_120, "4h12m"),
        (273_600, "3d04h"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(int(seconds * SECOND_NS)) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0.0s"), (0.204, "0.2s"), (9.999, "10.0s"), (10, "10s"), (43, "43s"), (72, "1m12s")]
)
def test_fine_duration(seconds: float, words: str) -> None:
    assert fine_duration(int(seconds * SECOND_NS)) == words
