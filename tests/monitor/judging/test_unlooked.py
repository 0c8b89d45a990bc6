"""What the rules could not look at."""

from tcpwatch.monitor.judging.unlooked import not_looked_at
from tcpwatch.sockets.mishaps import MishapKind
from tcpwatch.sockets.row import NoOwner


def test_everything_was_looked_at() -> None:
    assert list(not_looked_at((), (4242, NoOwner.KERNEL, NoOwner.NOT_ACCEPTED, None))) == []


def test_what_a_plain_user_does_not_see_is_named() -> None:
    assert list(not_looked_at({MishapKind.DROPPED}, (4242, NoOwner.NEEDS_ROOT))) == [
        "dropped segments",
        "other users' programs",
    ]
