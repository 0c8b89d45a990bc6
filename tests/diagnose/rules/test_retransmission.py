"""How often something was sent again, and from when on it is trouble."""

import pytest

from tcpwatch.diagnose.rules.retransmission import NOT_ACKNOWLEDGED, RETRANSMITS, times_sent_again, what_icmp_says
from tcpwatch.sockets.row import Timer, TimerKind
from tests.builders import row
from tests.diagnose.facts import facts
from tests.diagnose.kernel_record import Record


def test_only_the_retransmission_timer_counts() -> None:
    assert times_sent_again(row()) == 0
    assert times_sent_again(row(timer=Timer(TimerKind.KEEPALIVE, 100, 5))) == 0
    assert times_sent_again(row(timer=Timer(TimerKind.RETRANSMIT, 100, 5))) == 5


@pytest.mark.parametrize(("times", "expected"), [(RETRANSMITS - 1, False), (RETRANSMITS, True)])
def test_trouble_begins_at_the_threshold(times: int, expected: bool) -> None:
    assert NOT_ACKNOWLEDGED.meets(facts(timer=Timer(TimerKind.RETRANSMIT, 100, times))) is expected


def test_error_that_the_kernel_has_kept_is_worded() -> None:
    assert [str(one) for one in what_icmp_says(facts(record=Record({"sk_err_soft": 113})))] == [
        "ICMP has said that there is no route to the host (EHOSTUNREACH)"
    ]
    assert what_icmp_says(facts(record=Record({}))) == what_icmp_says(facts()) == []
