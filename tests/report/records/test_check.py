from tcpwatch.report.records.check import CHECK_RESULT, CheckResult


def test_check_passes_up_to_what_is_allowed() -> None:
    assert CheckResult("", 2, 2, 100).passed
    assert not CheckResult("", 3, 2, 100).passed


def test_result_names_the_filter_or_null() -> None:
    assert CHECK_RESULT.as_dict(CheckResult("", 0, 0, 5)) == {
        "passed": True, "filter": None, "count": 0, "most": 0, "sockets": 5, "problems": [],
    }  # fmt: skip
