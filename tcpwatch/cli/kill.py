"""`--allow-kill`: the socket that the key K needs is opened, or refused, before anything is shown."""

from collections.abc import Sequence

from tcpwatch.errors import UsageError
from tcpwatch.kernel.namespaces.thread import NamespaceThread
from tcpwatch.kernel.sock_diag.destroy import Destroyer, is_supported
from tcpwatch.system.privileges import Capability, held_privileges, missing


def open_destroyer(allow_kill: bool, namespace_threads: Sequence[NamespaceThread] = ()) -> Destroyer | None:
    """What ends connections, here and in the namespaces of the threads; None where that is not allowed.

    Raises PrivilegeError without CAP_NET_ADMIN, UsageError where this kernel destroys no sockets.
    """
    if not allow_kill:
        return None
    if not is_supported():
        raise UsageError("this kernel destroys no sockets (CONFIG_INET_DIAG_DESTROY): run it without --allow-kill")
    if not held_privileges().holds(Capability.NET_ADMIN):
        raise missing(Capability.NET_ADMIN, "ending connections (--allow-kill)")
    return Destroyer.open(namespace_threads)
