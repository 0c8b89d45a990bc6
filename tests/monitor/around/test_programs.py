"""The programs behind sockets: how often they are read."""

from dataclasses import dataclass, field

from tcpwatch.monitor.around.programs import AGAIN_NS, MOST_READ, KnownPrograms
from tcpwatch.sockets.program import Program
from tests.builders import owner


@dataclass
class Reader:
    """Notes which pids are read."""

    pids: list[int] = field(default_factory=list)

    def read(self, pid: int, start_ticks: int | None = None, *, threads: bool = False) -> Program | None:
        self.pids.append(pid)
        return Program(pid, start_ticks or 0, "java")


def test_program_is_read_again_only_after_a_while() -> None:
    reader = Reader()
    programs = KnownPrograms(reader)
    for moment in (0, AGAIN_NS - 1, AGAIN_NS):
        assert programs.read(owner(pid=7), moment) is not None
    assert reader.pids == [7, 7]


def test_pid_that_is_used_again_is_another_program() -> None:
    reader = Reader()
    programs = KnownPrograms(reader)
    for start_ticks in (1, 2):
        found = programs.read(owner(pid=7, start_ticks=start_ticks), 0)
        assert found is not None
        assert found.start_ticks == start_ticks


def test_refresh_reads_no_more_than_so_many() -> None:
    reader = Reader()
    programs = KnownPrograms(reader)
    read = programs.for_a_refresh(0)
    found = [read(owner(pid=pid)) for pid in range(MOST_READ + 5)]
    assert len(reader.pids) == MOST_READ
    assert found.count(None) == 5
    read = programs.for_a_refresh(1)
    assert all(read(owner(pid=pid)) for pid in range(MOST_READ + 5))


def test_owner_that_is_gone_and_a_host_without_proc_have_none() -> None:
    assert KnownPrograms(Reader()).read(owner(gone=True), 0) is None
    assert KnownPrograms(None).read(owner(), 0) is None
