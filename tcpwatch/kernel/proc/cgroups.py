"""The paths of control groups by the number that the kernel has for each: the inode of its directory (cgroup2)."""

import os
from collections.abc import Iterator
from pathlib import Path

from tcpwatch.text.clean import clean

MOUNTS = Path("/proc/self/mounts")
MAX_PATHS = 65_536  # paths that are remembered


class Cgroups:
    """The paths, remembered. All directories are read anew for a number that is not known yet."""

    def __init__(self, mounts: Path = MOUNTS) -> None:
        self._mounts = mounts
        self._paths: dict[int, str] = {}

    def path(self, cgroup_id: int) -> str:
        """The path below the mount point, `/` for the first of them; `unreachable:ID`, as in `ss`, where it is none."""
        if cgroup_id not in self._paths:
            if len(self._paths) >= MAX_PATHS:
                self._paths.clear()
            self._paths[cgroup_id] = f"unreachable:{cgroup_id:x}"
            self._paths.update(self._directories())
        return self._paths[cgroup_id]

    def _directories(self) -> Iterator[tuple[int, str]]:
        """Every group's number and path."""
        top = self._mount_point()
        if top is None:
            return
        for directory, _, _ in os.walk(top):
            try:
                number = os.stat(directory).st_ino
            except OSError:  # it has ended meanwhile
                continue
            yield number, clean(directory.removeprefix(top) or "/")

    def _mount_point(self) -> str | None:
        try:
            mounts = [line.split() for line in self._mounts.read_text(errors="surrogateescape").splitlines()]
        except OSError:
            return None
        return next((fields[1] for fields in mounts if fields[2] == "cgroup2"), None)
