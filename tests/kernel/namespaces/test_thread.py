import os
import socket
import threading
from pathlib import Path

import pytest

from tcpwatch.errors import UsageError
from tcpwatch.kernel.namespaces.find import HERE, Place, find_namespace
from tcpwatch.kernel.namespaces.thread import Resident
from tcpwatch.sockets.namespace import Namespace
from tests.kernel.namespaces import held, named, needs_namespaces

pytestmark = [pytest.mark.e2e, needs_namespaces]


def test_resident_does_what_is_asked_in_its_own_namespace() -> None:
    before = HERE.stat().st_ino
    with held() as there:
        resident = Resident(find_namespace(str(there.pid)), lambda: None)
        assert resident.call(lambda: HERE.stat().st_ino) == there.inode == resident.netns.inode
        assert HERE.stat().st_ino == before
        resident.close()


def test_resident_settles_in_its_own_thread_once_it_is_there() -> None:
    settled = []
    with held() as there:
        place = find_namespace(str(there.pid))
        resident = Resident(place, lambda: settled.append((threading.current_thread(), HERE.stat().st_ino)))
        assert settled == [(resident.call(threading.current_thread), there.inode)]
        resident.close()


def test_resident_hands_its_failures_over() -> None:
    with held() as there:
        resident = Resident(find_namespace(str(there.pid)), lambda: None)
        with pytest.raises(FileNotFoundError):
            resident.call(lambda: os.stat("/nowhere"))
        resident.close()


def test_resident_that_cannot_enter_leaves_no_thread(tmp_path: Path) -> None:
    threads = threading.active_count()
    (tmp_path / "stale").touch()
    with pytest.raises(UsageError):
        Resident(Place(Namespace(1), tmp_path / "stale"), lambda: None)
    assert threading.active_count() == threads


def test_resident_s_sockets_stay_where_they_were_made() -> None:
    with held() as there:
        resident = Resident(find_namespace(str(there.pid)), lambda: None)
        client = resident.call(socket.socket)
        with client:
            client.connect(("127.0.0.1", there.port))
        resident.close()


def test_resident_is_alone_once_the_others_have_gone() -> None:
    with named("tcpwatch-test") as name:
        resident = Resident(find_namespace(name), lambda: None)
        assert not resident.alone
    assert resident.alone
    resident.close()
