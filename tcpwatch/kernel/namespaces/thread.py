"""A thread that lives in another network namespace, and does there what is asked of it.

What the kernel shows depends on where the asking thread is: a netlink socket stays where it was opened, but an iterator
looks where it is started, each time. A resident can go on with both when the right to enter a namespace is given up.
It keeps the namespace alive, so close it when nobody else is in there.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tcpwatch.kernel.namespaces.find import NamespaceFile, enter_namespace, is_present

_Result = TypeVar("_Result")


class NamespaceThread:
    """One thread in one namespace, from the beginning to `close`."""

    def __init__(self, place: NamespaceFile, drop_privileges: Callable[[], None]) -> None:
        """Start the thread, which enters and then calls `drop_privileges` to give up its privilege.

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
        """Whether the process or the name by which the namespace was found is gone."""
        return not is_present(self._place)

    def call(self, work: Callable[[], _Result]) -> _Result:
        """Call `work` in there; what it returns, or raises."""
        return self._thread.submit(work).result()

    def close(self) -> None:
        """End the thread, and leave the namespace to itself."""
        self._thread.shutdown()
