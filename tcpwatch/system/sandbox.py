"""The second line of defence, after privilege is gone: what a process that was taken over could still not do.

Rule: fastened when everything is open, and never a reason not to start. What the kernel refuses is told.
"""

from collections.abc import Callable
from typing import NamedTuple

from tcpwatch.system.landlock import refuse_file_changes
from tcpwatch.system.seccomp import refuse_system_calls

NO_LANDLOCK = "owners are looked for in /proc, which it forbids"


class Sandbox(NamedTuple):
    """Why a part of it is not in place; None where it is."""

    seccomp: str | None
    landlock: str | None

    @property
    def whole(self) -> bool:
        """Whether the kernel refused nothing that was asked of it."""
        return self.seccomp is None and self.landlock in (None, NO_LANDLOCK)

    @property
    def message(self) -> str:
        """The parts and their state, as a sentence."""
        parts = (
            ("seccomp", "no program is started, no process traced, no namespace or mount changed", self.seccomp),
            ("Landlock", "no file is opened to write, made or removed", self.landlock),
        )
        return "; ".join(f"{name}: {f'none ({why})' if why else does}" for name, does, why in parts)


def enter_sandbox(reads_processes: bool) -> Sandbox:
    """Fasten it for this thread and those that it starts later; seccomp for all threads.

    Without Landlock where other processes are looked into, which that forbids.
    """
    landlock = NO_LANDLOCK if reads_processes else _why_not(refuse_file_changes)
    return Sandbox(_why_not(refuse_system_calls), landlock)


def _why_not(refuse: Callable[[], None]) -> str | None:
    try:
        refuse()
    except OSError as error:
        return error.strerror or str(error)
    return None
