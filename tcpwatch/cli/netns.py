"""`--netns` and `--all-netns`: which network namespaces a command looks at.

Law of the room: a namespace is entered first, with privilege, before anything else is opened.
"""

from dataclasses import replace
from itertools import islice

from tcpwatch.cli.options import KernelOptions
from tcpwatch.cli.streams import say
from tcpwatch.errors import UsageError
from tcpwatch.kernel.namespaces.all_sockets import NamespaceScope
from tcpwatch.kernel.namespaces.find import enter_namespace, find_namespace, list_namespaces, namespace_here
from tcpwatch.kernel.namespaces.thread import NamespaceThread
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.system.privileges import Capability, drop_thread_privileges, held_privileges, missing
from tcpwatch.text.clean import clean

MOST = 256  # namespaces that are watched; each takes a thread, and a look at the table of sockets once a second


def enter(word: str) -> Namespace:
    """Move this process into the namespace with that name, or of the process with that pid; which one that is.

    Raises UsageError where there is none of that name or pid, PrivilegeError where this user may not enter it.
    """
    try:
        place = find_namespace(word)
        enter_namespace(place.path)
    except PermissionError as error:
        raise missing(Capability.SYS_ADMIN, f"entering network namespace {clean(word)}") from error
    except OSError as error:
        raise UsageError(f"network namespace {clean(word)} cannot be entered ({error.strerror})") from error
    return replace(place.netns, here=True)


def namespace_scope(kernel: KernelOptions, entered: Namespace | None = None) -> NamespaceScope:
    """The namespace that we are in (`entered`, if any was); with `--all-netns` all others as well, up to MOST in all.

    Raises PrivilegeError where this user may enter none.
    """
    if not kernel.all_netns:
        return NamespaceScope(entered or namespace_here())
    if kernel.portable:
        raise UsageError("--all-netns needs the kernel's own interfaces: run it without --backend portable")
    if not held_privileges().holds(Capability.SYS_ADMIN):
        raise missing(Capability.SYS_ADMIN, "entering other network namespaces")
    if not (places := list_namespaces()):
        raise UsageError("--all-netns finds the namespaces in /proc, which is not mounted here")
    here, *others = places
    namespace_threads = []
    for place in islice(others, MOST - 1):
        try:
            namespace_threads.append(NamespaceThread(place, drop_thread_privileges))
        except (OSError, UsageError) as error:
            say(f"network namespace {place.netns.title} is left out: {error}")
    return NamespaceScope(here.netns, namespace_threads, len(others) - len(namespace_threads))
