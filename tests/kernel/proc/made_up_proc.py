"""Processes as /proc shows them, in a folder."""

from collections.abc import Mapping
from pathlib import Path

STATUS = "Name:\tx\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nSigCgt:\t{catches:016x}\n"
LIMITS = "Limit                     Soft Limit           Hard Limit           Units\n"


def process(
    root: Path,
    pid: int,
    *,
    comm: str = "a) b",
    start: int = 555,
    parent: int = 1,
    state: str = "S",
    command_line: bytes = b"/usr/bin/server\0--port\080\0",
    uid: int = 1000,
    catches: int = 0,
    cgroup: str = "0::/system.slice/web.service\n",
    limit: int | str = 1024,
    fds: int = 3,
    executable: str | None = "/usr/bin/server",
    threads: int = 4,
) -> Path:
    """One process; its name may hold blanks and parentheses."""
    home = root / str(pid)
    (home / "fd").mkdir(parents=True)
    numbers = [state, str(parent), *["0"] * 15, str(threads), "0", str(start), "0"]
    (home / "stat").write_text(f"{pid} ({comm}) {' '.join(numbers)}\n")
    (home / "comm").write_text(f"{comm}\n")
    (home / "cmdline").write_bytes(command_line)
    (home / "status").write_text(STATUS.format(uid=uid, catches=catches))
    (home / "cgroup").write_text(cgroup)
    (home / "limits").write_text(
        f"{LIMITS}Max open files            {limit}                 4096                 files\n"
    )
    for fd in range(fds):
        (home / "fd" / str(fd)).touch()
    if executable is not None:
        (home / "exe").symlink_to(executable)
    return home


def thread(home: Path, tid: int, files: Mapping[str, str], *, state: str = "S", name: str = "worker") -> None:
    """One thread: `files` are syscall and wchan."""
    task = home / "task" / str(tid)
    task.mkdir(parents=True)
    (task / "stat").write_text(f"{tid} ({name}) {state} 1 1\n")
    for file, text in files.items():
        (task / file).write_text(text)
