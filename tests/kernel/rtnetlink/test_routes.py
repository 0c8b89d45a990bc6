"""Routes of this kernel, in a namespace of its own."""

import socket
import subprocess
from contextlib import closing

import pytest

from tcpwatch.kernel.rtnetlink.links import Links
from tcpwatch.kernel.rtnetlink.messages import NLMSG_DONE, NLMSG_ERROR
from tcpwatch.kernel.rtnetlink.routes import Routes, decode_route
from tcpwatch.sockets.host import Route
from tests.builders import ends

HERE = ("10.9.0.1", 40_000)
SETUP = """
ip link set lo up; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
ip address add 10.9.0.1/24 dev v0; ip route add 10.8.0.0/24 via 10.9.0.2 mtu 1300
ip route add blackhole 10.7.0.0/24; ip route add prohibit 10.6.0.0/24
"""


def test_answer_that_is_no_route() -> None:
    assert decode_route(NLMSG_DONE, b"", {}).error == "an answer that is no route"
    assert decode_route(NLMSG_ERROR, (-101).to_bytes(4, "little", signed=True), {}).error == "Network is unreachable"


@pytest.mark.e2e
def test_routes_of_this_kernel(namespace: None) -> None:
    subprocess.run(SETUP, shell=True, check=True)
    with closing(Links()) as links, closing(Routes()) as routes:
        compare(links, routes)


def compare(links: Links, routes: Routes) -> None:
    cable = next(link for link in links.now.values() if link.name == "v0")

    def route(to: str, bound_to: int = 0) -> Route:
        return routes.route(ends(HERE, (to, 80)), links.now, bound_to)

    assert route("10.9.0.7") == Route("unicast", cable)
    assert route("10.8.0.7") == Route("unicast", cable, "10.9.0.2", mtu=1300)
    assert route("10.9.0.1").kind == "local"
    assert route("10.7.0.7") == Route("blackhole", error="Invalid argument")
    assert route("10.6.0.7") == Route("prohibit", error="Permission denied")
    assert route("192.0.2.1") == Route(error="Network is unreachable")
    assert route("192.0.2.1", cable.index) == Route("unicast", cable)
    six = routes.route(ends(("::1", 1), ("::1", 2)), links.now)
    assert (six.kind, six.link) == ("local", links.now[socket.if_nametoindex("lo")])
