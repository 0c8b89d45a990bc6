"""What a kernel says of its links, in a script; and this kernel in a namespace of its own."""

import errno
import subprocess
import time
from contextlib import closing

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.rtnetlink.links import (
    IFF_LOWER_UP,
    IFF_UP,
    IFINFOMSG,
    IFLA_IFNAME,
    RTM_DELLINK,
    RTM_NEWLINK,
    Links,
)
from tcpwatch.kernel.rtnetlink.messages import NLMSG_DONE, attribute, request
from tcpwatch.sockets.host import Link, LinkChange

WORKS = IFF_UP | IFF_LOWER_UP
PATIENCE_S = 10
E0 = Link(2, "e0", up=True, carrier=True)


def report(name: str, flags: int = WORKS, index: int = 2, kind: int = RTM_NEWLINK, family: int = 0) -> bytes:
    body = IFINFOMSG.pack(family, 1, index, flags, 0) + attribute(IFLA_IFNAME, name.encode() + b"\0")
    return request(kind, 0, 0, body)


class ScriptedRoutes:
    """A dump of links that ends, then reports; an errno is raised."""

    def __init__(self, *steps: bytes | int) -> None:
        self._steps = list(steps)
        self._dumps = 0
        self.closed = False

    def send(self, data: bytes, /) -> int:
        self._dumps += 1
        return len(data)

    def recv(self, size: int, /) -> bytes:
        step = self._steps.pop(0) if self._steps else errno.EAGAIN
        if isinstance(step, int):
            raise OSError(step, "script")
        return step + request(NLMSG_DONE, 0, self._dumps, b"")

    def settimeout(self, seconds: float | None, /) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def links_of(*steps: bytes | int) -> Links:
    return Links(lambda: ScriptedRoutes(*steps))


def test_links_are_known_from_the_start() -> None:
    links = links_of(report("e0"))
    assert links.now == {2: E0}
    assert links.read() == []


def test_link_changes_as_reported() -> None:
    down = Link(2, "e0", up=False, carrier=False)
    links = links_of(report("e0"), report("e0", 0) + report("e0", 0), report("e0", 0, kind=RTM_DELLINK))
    assert links.read() == [LinkChange(E0, down), LinkChange(down, None)]
    assert links.now == {}


def test_port_that_leaves_a_bridge_is_not_gone() -> None:
    links = links_of(report("e0"), report("e0", kind=RTM_DELLINK, family=7))
    assert links.read() == []
    assert links.now == {2: E0}


def test_lost_reports_cost_no_change() -> None:
    links = links_of(report("e0"), errno.ENOBUFS, report("e1", index=3))
    assert links.read() == [LinkChange(E0, None), LinkChange(None, Link(3, "e1", up=True, carrier=True))]


def test_name_of_a_link_is_cleaned() -> None:
    assert "\x1b" not in links_of(report("e\x1b[31m")).now[2].name


def test_kernel_without_netlink_is_told() -> None:
    with pytest.raises(SourceError, match="network interfaces"):
        links_of(errno.EPROTONOSUPPORT)


@pytest.mark.e2e
def test_links_of_this_kernel(namespace: None) -> None:
    with closing(Links()) as links:
        compare(links)


def compare(links: Links) -> None:
    steps = {
        "add v0 type veth peer name v1": "is down",
        "set v0 up": "has no carrier",
        "set v1 up": None,
        "set v1 down": "has no carrier",
        "del v1": "is gone",
    }
    for words, trouble in steps.items():
        subprocess.run(["ip", "link", *words.split()], check=True)
        deadline = time.monotonic() + PATIENCE_S
        while state_of("v0", links) != trouble:  # the carrier is told by a worker of the kernel's
            assert time.monotonic() < deadline, f"{state_of('v0', links)} after {words}"
            links.read()


def state_of(name: str, links: Links) -> str | None:
    return next((link.trouble for link in links.now.values() if link.name == name), "is gone")
