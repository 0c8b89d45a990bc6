"""Connections that ended alike: how much that matters, and what they have in common."""

import pytest

from tcpwatch.diagnose.ended_alike import EndedAlike, severity_of_many
from tcpwatch.diagnose.problem import Severity
from tests.diagnose.happenings import called, odd, served


@pytest.mark.parametrize(
    ("times", "good_part", "expected"),
    [
        (1, True, Severity.NOTE),
        (4, True, Severity.NOTE),
        (5, True, Severity.WARN),
        (9, False, Severity.NOTE),
        (10, False, Severity.WARN),
    ],
)
def test_many_or_a_good_part_are_a_warning(times: int, good_part: bool, expected: Severity) -> None:
    assert severity_of_many(times, good_part) is expected


@pytest.mark.parametrize(("total", "good"), [(20, True), (21, False)])
def test_tenth_of_all_is_a_good_part(total: int, good: bool) -> None:
    pair = (odd(1), odd(2))
    assert EndedAlike(served(*pair, total=total), 2, pair).is_good_part is good


def test_shares_name_the_host_that_most_were_with() -> None:
    pair = (odd(1), odd(2))
    assert [str(one) for one in EndedAlike(served(*pair, total=9), 2, pair).shares()] == [
        "2 of the 9 that ended there lately",
        "2 of 2 were with 10.0.0.9",
    ]
    assert EndedAlike(called(odd()), 1, (odd(),)).shares() == ()


def test_command_shows_what_is_there_now() -> None:
    assert EndedAlike(served(odd()), 1, (odd(),)).look == "ss -tanp sport = :8080"
    assert EndedAlike(called(odd()), 1, (odd(),)).look == "ss -tanp dst 10.0.0.9:443"
