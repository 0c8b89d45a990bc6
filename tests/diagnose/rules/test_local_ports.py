"""The rule on local ports."""

import pytest

from tcpwatch.diagnose.rules.local_ports import PortUse, no_local_port_left
from tcpwatch.wire.segment import Endpoint


@pytest.mark.parametrize(("taken", "found"), [(89, False), (90, True), (100, True)])
def test_nine_in_ten_are_told(taken: int, found: bool) -> None:
    use = PortUse("10.0.0.1", Endpoint("10.0.0.9", 443), taken, 0, 100, reusable=False)
    assert (no_local_port_left(use) is not None) is found
