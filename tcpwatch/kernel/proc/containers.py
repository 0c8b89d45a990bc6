r"""Whose a process is, as its cgroup tells: container engines name their groups after what runs in them. Pure.

No daemon is asked. So a container is its engine and the short id that `docker ps` and its like show, a pod the first
part of its uid. A name is there where the group carries it (LXC, systemd-nspawn), with systemd's `\x2d` undone.
"""

import re
from typing import NamedTuple

from tcpwatch.text.clean import clean

_ID = "([0-9a-f]{64})"
_SHORT_ID, _SHORT_UID = 12, 8
_LONGEST_NAME = 64
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


class Engine(NamedTuple):
    """How one kind of container is called, the groups it runs in, and how much of what they are called is shown."""

    word: str
    group: re.Pattern[str]
    shown: int


# First match wins: a pod's containers share one network namespace, so the pod is what has it.
ENGINES = (
    Engine("pod", re.compile(r"kubepods.*?[/-]pod([0-9a-f]{8}[0-9a-f_-]{24,28})(?![0-9a-f])"), _SHORT_UID),
    Engine("docker", re.compile(rf"/docker[-/]{_ID}"), _SHORT_ID),
    Engine("podman", re.compile(rf"/libpod-(?:payload-)?{_ID}"), _SHORT_ID),
    Engine("cri-o", re.compile(rf"/crio-{_ID}"), _SHORT_ID),
    Engine("containerd", re.compile(rf"/(?:cri-containerd|nerdctl)-{_ID}"), _SHORT_ID),
    Engine("lxc", re.compile(r"/lxc(?:\.payload)?[./](?!monitor)([^/\n]+)"), _LONGEST_NAME),
    Engine("nspawn", re.compile(r"/systemd-nspawn@([^/\n]+)\.service"), _LONGEST_NAME),
    Engine("machine", re.compile(r"/machine\.slice/machine-([^/\n]+)\.scope"), _LONGEST_NAME),
)


def container_of(cgroups: str) -> str | None:
    """`docker/3f2a9c01d2e4` from the text of /proc/PID/cgroup (cgroups(7)); None where it names no container."""
    for engine in ENGINES:
        if match := engine.group.search(cgroups):
            return clean(f"{engine.word}/{_unescaped(match[1])[: engine.shown]}")
    return None


def _unescaped(unit: str) -> str:
    """What systemd-escape(1) was given."""
    return _ESCAPE.sub(lambda code: chr(int(code[1], 16)), unit)
