import socket

import pytest

from tcpwatch.kernel.interface_names import interface_name
from tcpwatch.sockets.namespace import Namespace

NO_SUCH_INTERFACE = 2**31 - 1


@pytest.mark.parametrize("netns", [None, Namespace(1, here=True)])
def test_interface_of_this_namespace_has_its_name(netns: Namespace | None) -> None:
    number, name = socket.if_nameindex()[0]
    assert interface_name(number, netns) == name


@pytest.mark.parametrize(("number", "netns"), [(0, None), (NO_SUCH_INTERFACE, None), (1, Namespace(1))])
def test_interface_that_cannot_be_named(number: int, netns: Namespace | None) -> None:
    assert interface_name(number, netns) is None
