import pytest

from tcpwatch.lab.scenarios import Scenario
from tools.lessons import with_scenarios

PAGE = """| # | lesson | scenarios | where to look |
|---|---|---|---|
| 1 | who asks | {one} | the states |
| 2 | who answers | {two} | the flags |
"""


def test_with_scenarios_keeps_the_order_of_a_row_drops_what_is_gone_and_adds_the_rest() -> None:
    scenarios = [Scenario(1, "a", "", (1, 2)), Scenario(2, "b", "", (1,)), Scenario(3, "c", "", (1,))]
    page = with_scenarios(PAGE.format(one="c, gone, a", two="b"), scenarios)
    assert page == PAGE.format(one="c, a, b", two="a")


def test_with_scenarios_fills_a_row_that_had_none() -> None:
    assert with_scenarios(PAGE.format(one="", two=""), [Scenario(1, "a", "", (2,))]) == PAGE.format(one="", two="a")


def test_with_scenarios_asks_for_the_row_of_a_new_lesson() -> None:
    with pytest.raises(ValueError, match=r"no row in docs/lessons\.md: lesson 3, 4"):
        with_scenarios(PAGE.format(one="a", two="a"), [Scenario(1, "a", "", (4, 3))])
