"""The rule on local ports."""

import pytest

from tcpwatch.diagnose.host import HostFacts, PortUse
from tcpwatch.diagnose.rules.local_ports import local_ports_exhausted
from tcpwatch.sockets.counters import NO_STACK
from tcpwatch.wire.segment import Endpoint


@pytest.mark.parametrize(("taken", "found"), [(89, False), (90, True), (100, True)])
def test_nine_in_ten_are_told(taken: int, found: bool) -> None:
    use = PortUse("10.0.0.1", Endpoint("10.0.0.9", 443), taken, 0, 100, reusable=False)
    assert (local_ports_exhausted(HostFacts(NO_STACK, (use,))) is not None) is found
