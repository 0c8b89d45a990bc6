"""What on this host explains a socket that waits."""

from tcpwatch.diagnose.local_cause import ListenerQueues, LocalCause


def test_every_cause_is_on_this_host_or_asked_for() -> None:
    assert all("on this host" in cause.value or cause is LocalCause.DEFERRED for cause in LocalCause)


def test_queues_of_which_nothing_is_known_are_empty() -> None:
    assert ListenerQueues() == ListenerQueues(waiting=0, half_open=0, put_aside=0, flooded=False)
