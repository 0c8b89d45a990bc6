"""A network namespace for each test that captures, and the tools to compare with."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tcpwatch.system.libc import call

CLONE_NEWNET = 0x4000_0000


def ip(*words: str) -> None:
    """Run iproute2's `ip`."""
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def namespace() -> Iterator[None]:
    """This thread in a network namespace of its own, with loopback up."""
    if shutil.which("ip") is None:
        pytest.skip("needs iproute2")
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        call("unshare", CLONE_NEWNET)
    except OSError:
        os.close(here)
        pytest.skip("needs CAP_SYS_ADMIN, for a network namespace of its own")
    ip("link", "set", "lo", "up")
    yield
    call("setns", here, CLONE_NEWNET)
    os.close(here)


@pytest.fixture
def veth(namespace: None) -> tuple[str, str]:
    """The two ends of a cable, both up, in that namespace."""
    lay_cable()
    return "v0", "v1"


def lay_cable() -> None:
    """Create v0 and v1 and take both up."""
    ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for end in ("v0", "v1"):
        ip("link", "set", end, "up")


@pytest.fixture
def tcpdump() -> str:
    path = shutil.which("tcpdump")
    if path is None:
        pytest.skip("needs tcpdump")
    return path
