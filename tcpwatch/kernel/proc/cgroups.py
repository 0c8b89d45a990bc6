"""Paths of control groups by cgroup id, which is the inode of the group's directory (cgroup2)."""

import os
from collections.abc import Iterator
from pathlib import Path

from tcpwatch.text.clean import clean

MOUNTS = Path("/proc/self/mounts")
MAX_PATHS = 65_536  # cached paths


class Cgroups:
    """A cache of paths. An unknown id rereads all directories."""

    def __init__(self, mounts: Path = MOUNTS) -> None:
        self._mounts = mounts
        self._paths: dict[int, str] = {}

    def path(self, cgroup_id: int) -> str:
        """The path below the mount point, `/` for the root group; `unreachable:ID`, as in `ss`, if there is none."""
        if cgroup_id not in self._paths:
            if len(self._paths) >= MAX_PATHS:
                self._paths.clear()
            self._paths[cgroup_id] = f"unreachable:{cgroup_id:x}"
            self._paths.update(self._directories())
        return self._paths[cgroup_id]

    def _directories(self) -> Iterator[tuple[int, str]]:
        """Id and path of every group."""
        top = self._mount_point()
        if top is None:
            return
        for directory, _, _ in os.walk(top):
            try:
                number = os.stat(directory).st_ino
            except OSError:  # removed meanwhile
                continue
            yield number, clean(directory.removeprefix(top) or "/")

    def _mount_point(self) -> str | None:
        try:
            mounts = [line.split() for line in self._mounts.read_text(errors="surrogateescape").splitlines()]
        except OSError:
            return None
        return next((fields[1] for fields in mounts if fields[2] == "cgroup2"), None)
