r"""The container of a process, from the name of its cgroup. Pure.

No daemon is asked. A container is shown as its engine and the short id that `docker ps` shows; a pod as the first part
of its uid. LXC and systemd-nspawn put the container's name into the group's name (systemd escapes `-` as `\x2d`).
"""

import re
from typing import NamedTuple

from tcpwatch.text.clean import clean

_ID = "([0-9a-f]{64})"
_SHORT_ID, _SHORT_UID = 12, 8
_LONGEST_NAME = 64
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


class Engine(NamedTuple):
    """One kind of container: the word for it, the pattern of its cgroups, how many characters of the id are shown."""

    word: str
    group: re.Pattern[str]
    shown: int


# First match wins: a pod's containers share one network namespace, so the pod is reported.
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
    """`docker/3f2a9c01d2e4` from the text of /proc/PID/cgroup (cgroups(7)); None if it names no container."""
    for engine in ENGINES:
        if match := engine.group.search(cgroups):
            return clean(f"{engine.word}/{_unescaped(match[1])[: engine.shown]}")
    return None


def _unescaped(unit: str) -> str:
    """Undo systemd-escape(1)."""
    return _ESCAPE.sub(lambda code: chr(int(code[1], 16)), unit)
