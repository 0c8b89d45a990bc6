import pytest

from tcpwatch.sockets.host import Link


@pytest.mark.parametrize(
    ("up", "carrier", "trouble"),
    [(True, True, None), (True, False, "has no carrier"), (False, False, "is down"), (False, True, "is down")],
)
def test_link_says_why_nothing_can_pass(up: bool, carrier: bool, trouble: str | None) -> None:
    assert Link(2, "e0", up, carrier).trouble == trouble
