"""Several tables as one; and the real ones of two namespaces."""

import os
from collections.abc import Callable
from itertools import count

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.namespaces.all_sockets import DUMP_BUDGET_NS, AllNamespaces, NamespaceScope, OtherNamespace
from tcpwatch.kernel.namespaces.find import find_namespace, namespace_here
from tcpwatch.kernel.namespaces.thread import NamespaceThread
from tcpwatch.kernel.source import open_kernel
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tests.builders import row
from tests.kernel.bpf.allowed import needs_bpf
from tests.kernel.held_namespaces import Held, held, needs_namespaces
from tests.monitor.fakes import ScriptedSockets

INODES = count(4_026_532_000)


class Lodger:
    """A resident without a thread."""

    def __init__(self, inode: int) -> None:
        self.netns = Namespace(inode)
        self.abandoned = self.closed = False

    def close(self) -> None:
        self.closed = True


def elsewhere(*dumps: list[SocketRow] | None) -> OtherNamespace:
    return OtherNamespace(Lodger(next(INODES)), ScriptedSockets(*dumps))


def test_table_is_all_tables_with_our_own_last() -> None:
    tables = AllNamespaces(ScriptedSockets([row(cookie=1)]), [elsewhere([row(cookie=2)]), elsewhere([row(cookie=3)])])
    assert [found.cookie for found in tables.dump()] == [2, 3, 1]
    assert tables.message == "3 network namespaces, as of the start. scripted sockets"


def test_table_reports_namespaces_left_out() -> None:
    assert (
        "1 network namespaces, as of the start, 4 more are left out."
        in AllNamespaces(ScriptedSockets([]), [], 4).message
    )


def test_table_that_fails_elsewhere_costs_no_other() -> None:
    broken = elsewhere(None, [row(cookie=2)])
    tables = AllNamespaces(ScriptedSockets([row(cookie=1)]), [broken])
    assert [found.cookie for found in tables.dump()] == [1]
    assert "1 could not be read just now" in tables.message
    assert [found.cookie for found in tables.dump()] == [2, 1]
    assert "could not" not in tables.message


class SlowClock:
    """Each look at it takes most of what one dump may."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        self.now_ns += DUMP_BUDGET_NS * 2 // 3
        return self.now_ns


def test_tables_beyond_the_time_budget_are_read_in_turn() -> None:
    others = [elsewhere([row(cookie=10 * number)], [row(cookie=10 * number + 1)]) for number in (1, 2, 3)]
    tables = AllNamespaces(ScriptedSockets([]), others, clock=SlowClock())
    seen = []
    for _ in range(4):
        seen.append([found.cookie for found in tables.dump()])
        assert ("read in turn" in tables.message) is (len(seen) > 1)
    assert seen == [[10, 20, 30], [11, 20, 30], [11, 21, 30], [11, 21, 31]]


def test_table_that_fails_here_is_an_error() -> None:
    with pytest.raises(SourceError):
        AllNamespaces(ScriptedSockets(None), []).dump()


@pytest.mark.parametrize(
    ("abandoned", "rows", "stays"),
    [(True, [], False), (True, [row(inode=0)], False), (False, [], True), (True, [row(inode=0), row(cookie=2)], True)],
)
def test_abandoned_namespace_is_released_with_its_last_program_socket(
    abandoned: bool, rows: list[SocketRow], stays: bool
) -> None:
    other = elsewhere(rows)
    other.namespace_thread.abandoned = abandoned
    tables = AllNamespaces(ScriptedSockets([]), [other])
    tables.dump()
    assert tables.message.startswith("2 " if stays else "1 ")
    assert other.namespace_thread.closed is bool(other.table.closed) is not stays


def test_close_closes_all() -> None:
    here, other = ScriptedSockets([]), elsewhere([])
    AllNamespaces(here, [other]).close()
    assert here.closed
    assert other.table.closed
    assert other.namespace_thread.closed


def opened_on(there: Held, bpf: bool) -> tuple[list[SocketRow], list[SocketRow], Callable[[], None]]:
    """Two dumps of here and there, and what closes the sources."""
    kernel = open_kernel(
        bpf=bpf, scope=NamespaceScope(namespace_here(), [NamespaceThread(find_namespace(str(there.pid)), lambda: None)])
    )
    assert kernel.sockets.name == ("bpf" if bpf else "sock_diag")
    return kernel.sockets.dump(), kernel.sockets.dump(), kernel.close


@pytest.mark.e2e
@needs_namespaces
@pytest.mark.parametrize("bpf", [False, pytest.param(True, marks=needs_bpf)])
def test_sockets_of_another_namespace_know_it(bpf: bool) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with held() as there:
        once, again, close = opened_on(there, bpf)
        close()
        theirs = [found for found in once if there.port in (found.local.port, found.remote.port)]
        assert sorted(found.state for found in theirs if found.netns.inode == there.inode) == sorted(
            [State.LISTEN, State.ESTABLISHED, State.ESTABLISHED]
        )
        assert all(found.netns.here for found in once if found.netns.inode != there.inode)
        same = {found.cookie: found for found in again}
        assert all(same[found.cookie] is found for found in theirs)
    assert len(os.listdir("/proc/self/fd")) <= before + 3  # the pipes of `held` until they are collected
