"""A thread that stays in another network namespace and runs functions there.

A netlink socket belongs to the namespace in which it was opened, but a BPF iterator reads the namespace of the thread
that starts it, each time. This thread can do both after the privilege to enter is dropped. It keeps the namespace
alive, so close it if nothing else uses the namespace.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tcpwatch.kernel.namespaces.find import NamespaceFile, enter_namespace, is_present

_Result = TypeVar("_Result")


class NamespaceThread:
    """One thread in one namespace, until `close`."""

    def __init__(self, place: NamespaceFile, drop_privileges: Callable[[], None]) -> None:
        """Start the thread; it enters the namespace and then calls `drop_privileges`.

        Raises what `enter_namespace` raises.
        """
        self.netns = place.netns
        self._place = place
        self._thread = ThreadPoolExecutor(1, f"tcpwatch-{place.netns.inode}")
        try:
            self.call(lambda: enter_namespace(place.path))
            self.call(drop_privileges)
        except BaseException:
            self.close()
            raise

    @property
    def abandoned(self) -> bool:
        """Whether the process or name by which the namespace was found no longer exists."""
        return not is_present(self._place)

    def call(self, work: Callable[[], _Result]) -> _Result:
        """Run `work` in the namespace; returns or raises what it does."""
        return self._thread.submit(work).result()

    def close(self) -> None:
        """End the thread; the namespace is no longer kept alive."""
        self._thread.shutdown()
