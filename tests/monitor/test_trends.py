"""How the number of sockets in a trouble has changed."""

from tcpwatch.diagnose.problem import Since, Trend
from tcpwatch.monitor.trends import LEAST_NS, STEP_NS, STEPS, CountTrends, Trends

SECOND = 1_000_000_000
NOW_NS = 1000 * SECOND


def at(*seconds: int) -> list[Since]:
    return [Since(second * SECOND, True) for second in seconds]


def test_first_look_reads_the_past_off_the_ages() -> None:
    trend = Trends[str]().update({"leak": at(900, 970, 995)}, NOW_NS)["leak"]
    assert trend.per_minute == 2
    assert (len(trend.course), trend.course[0], trend.course[-1]) == (STEPS + 1, 1, 3)


def test_number_that_stands_still_does_not_grow() -> None:
    assert Trends[str]().update({"old": at(1, 2)}, NOW_NS)["old"].per_minute == 0


def test_those_that_went_are_counted_from_the_second_look_on() -> None:
    trends = Trends[str]()
    trends.update({"busy": at(*range(990, 1000))}, NOW_NS)
    trend = trends.update({"busy": at(1059)}, NOW_NS + 60 * SECOND)["busy"]
    assert trend.per_minute is not None
    assert trend.per_minute < 5


def test_course_is_bounded_and_forgotten_with_its_key() -> None:
    trends = Trends[str]()
    for step in range(30):
        course = trends.update({"leak": at(1)}, NOW_NS + step * STEP_NS)["leak"].course
    assert len(course) == STEPS + 1
    trends.update({}, NOW_NS)
    assert trends.update({"leak": at(1000)}, NOW_NS + LEAST_NS)["leak"].course[0] == 0


def test_beginning_that_nobody_saw_is_no_growth() -> None:
    unseen = [Since(NOW_NS, False)] * 3
    assert Trends[str]().update({"new here": unseen}, NOW_NS)["new here"].per_minute == 0


def test_count_whose_past_is_not_known_grows_from_the_first_look() -> None:
    trends: CountTrends[str] = CountTrends()
    assert trends.update({"a": 100}, 0)["a"] == Trend(None, (100,))
    assert trends.update({"a": 100}, STEP_NS - 1)["a"].course == (100,)
    trends.update({"a": 103}, STEP_NS)
    assert trends.update({"a": 110}, 2 * STEP_NS)["a"] == Trend(60, (100, 103, 110))
    assert trends.update({}, 3 * STEP_NS) == {}


def test_growth_of_a_young_leak_is_reckoned_from_its_oldest() -> None:
    trend = Trends[str]().update({"leak": at(*range(980, 1001))}, NOW_NS)["leak"]
    assert trend.per_minute == 60


def test_growth_is_reckoned_without_the_time_in_which_none_can_be_told_yet() -> None:
    trend = Trends[str]().update({"leak": at(*range(800, 991))}, NOW_NS)["leak"]
    assert trend.per_minute == 60


def test_many_at_once_that_nobody_followed_do_not_grow() -> None:
    assert Trends[str]().update({"burst": at(*[970] * 30)}, NOW_NS)["burst"].per_minute == 0
    assert Trends[str]().update({"burst": at(*[992] * 30)}, NOW_NS)["burst"].per_minute is None


def test_single_one_that_is_told_early_does_not_slow_the_growth() -> None:
    ages = at(*range(800, 991), 1000)
    assert Trends[str]().update({"leak": ages}, NOW_NS)["leak"].per_minute == 61  # not 52
