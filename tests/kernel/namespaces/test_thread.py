import os
import socket
import threading
from pathlib import Path

import pytest

from tcpwatch.errors import UsageError
from tcpwatch.kernel.namespaces.find import OWN_NETNS, NamespaceFile, find_namespace
from tcpwatch.kernel.namespaces.thread import NamespaceThread
from tcpwatch.sockets.namespace import Namespace
from tests.kernel.held_namespaces import held, named, needs_namespaces

pytestmark = [pytest.mark.e2e, needs_namespaces]


def test_thread_calls_functions_in_its_namespace() -> None:
    before = OWN_NETNS.stat().st_ino
    with held() as there:
        namespace_thread = NamespaceThread(find_namespace(str(there.pid)), lambda: None)
        assert namespace_thread.call(lambda: OWN_NETNS.stat().st_ino) == there.inode == namespace_thread.netns.inode
        assert OWN_NETNS.stat().st_ino == before
        namespace_thread.close()


def test_resident_settles_in_its_own_thread_once_it_is_there() -> None:
    settled = []
    with held() as there:
        place = find_namespace(str(there.pid))
        namespace_thread = NamespaceThread(
            place, lambda: settled.append((threading.current_thread(), OWN_NETNS.stat().st_ino))
        )
        assert settled == [(namespace_thread.call(threading.current_thread), there.inode)]
        namespace_thread.close()


def test_resident_hands_its_failures_over() -> None:
    with held() as there:
        namespace_thread = NamespaceThread(find_namespace(str(there.pid)), lambda: None)
        with pytest.raises(FileNotFoundError):
            namespace_thread.call(lambda: os.stat("/nowhere"))
        namespace_thread.close()


def test_resident_that_cannot_enter_leaves_no_thread(tmp_path: Path) -> None:
    threads = threading.active_count()
    (tmp_path / "stale").touch()
    with pytest.raises(UsageError):
        NamespaceThread(NamespaceFile(Namespace(1), tmp_path / "stale"), lambda: None)
    assert threading.active_count() == threads


def test_resident_s_sockets_stay_where_they_were_made() -> None:
    with held() as there:
        namespace_thread = NamespaceThread(find_namespace(str(there.pid)), lambda: None)
        client = namespace_thread.call(socket.socket)
        with client:
            client.connect(("127.0.0.1", there.port))
        namespace_thread.close()


def test_thread_reports_an_abandoned_namespace() -> None:
    with named() as name:
        namespace_thread = NamespaceThread(find_namespace(name), lambda: None)
        assert not namespace_thread.abandoned
    assert namespace_thread.abandoned
    namespace_thread.close()
