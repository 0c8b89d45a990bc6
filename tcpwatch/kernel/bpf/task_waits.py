"""What the threads of a process wait in, and which executable it runs, from the BPF iterator `bpf_iter_task`.

It needs no right over the process: the link is made before privilege is dropped, and the process to list is written to
a map that is shared with the program. Registers and stack of a thread that runs are old, so they are read only where
it sleeps.
"""

import mmap
import os
import platform
from collections.abc import Callable
from functools import lru_cache
from struct import Struct, pack_into
from typing import NamedTuple

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.assembler import Assembler, Helper, Register
from tcpwatch.kernel.bpf.btf import Btf, Member
from tcpwatch.kernel.bpf.codegen import clear, load, required
from tcpwatch.kernel.bpf.loader import MAP_MMAPABLE, MapType, ReadRecords, create_map, load_iterator, read_iterator
from tcpwatch.kernel.bpf.task_files import pids_are_ours
from tcpwatch.kernel.proc.tasks import MOST_THREADS, Executable, TaskList
from tcpwatch.kernel.symbols import KernelSymbols, open_symbols
from tcpwatch.kernel.system_calls import NO_CALL, thread_in_call
from tcpwatch.sockets.threads import ThreadsSeen, ThreadWait
from tcpwatch.text.clean import clean

R0, R1, R2, R3, R4, R6, R7, R8, FRAME = (Register(number) for number in (0, 1, 2, 3, 4, 6, 7, 8, Register.FRAME))

_META, _TASK, _SEQ_FILE = 0, 8, 0  # in bpf_iter__task and bpf_iter_meta
_STACK_BYTES = 64  # eight frames of the kernel's stack; the first is the function that the thread waits in
_STOPPED = 0x4 | 0x8 | 0x8000  # include/linux/sched.h: __state of a thread that is stopped, traced or frozen
_MINOR_BITS = 20  # of the kernel's own device numbers, include/linux/kdev_t.h
_NAME_BYTES = 48


class TaskRecord(NamedTuple):
    """A record of the program, in its order: of the thread, then of the executable.

    `address` is where the thread waits in the kernel. `mode` tells which numbers its system calls have. An executable
    that was removed or replaced is not `named` any more.
    """

    argument: int
    address: int
    inode: int
    number: int
    tid: int
    state: int
    exit_state: int
    mode: int
    device: int
    named: int
    command: bytes
    name: bytes


TASK_RECORD = Struct(f"=QQQiIIIIII16s{_NAME_BYTES}s")
_PLACES = TaskRecord(0, 8, 16, 24, 28, 32, 36, 40, 44, 48, b"", b"")
_COMMAND, _NAME = 52, 68


class _Machine(NamedTuple):
    """Members of struct pt_regs, and the mode bits of a thread whose system calls have this machine's own numbers."""

    number: str
    argument: str
    mode: str
    mask: int
    own: int


MACHINES = {
    "x86_64": _Machine("orig_ax", "di", "cs", 0xFFFF, 0x33),  # __USER_CS; 32-bit programs have another
    "aarch64": _Machine("syscallno", "orig_x0", "pstate", 0x10, 0),  # PSR_MODE32_BIT
}


def task_iterator(btf: Btf, wanted: int, machine: _Machine) -> bytes:
    """The program for `bpf_iter_task`: a TASK_RECORD for each thread of the process in the first value of a map."""
    code = Assembler()
    frame = -(TASK_RECORD.size + 7 & ~7)
    stack = frame - _STACK_BYTES
    code.move(R6, R1)
    code.load(R7, R6, _TASK, 8)
    code.jump_if_equal(R7, 0, "end")
    code.map_value(R1, wanted)
    code.load(R1, R1, 0, 4)
    load(code, R2, R7, required(btf, "task_struct", "tgid"))
    code.jump_unless_same(R1, R2, "end")
    clear(code, stack, -stack)
    _copy_thread(code, btf, frame)
    _copy_executable(code, btf, frame)
    code.load(R1, FRAME, frame + _PLACES.state, 4)
    code.jump_if_equal(R1, 0, "write")
    _copy_call(code, btf, frame, machine)
    code.move(R1, R7)
    code.address(R2, FRAME, stack)
    code.constant(R3, _STACK_BYTES)
    code.constant(R4, 0)
    code.call(Helper.GET_TASK_STACK)
    code.load(R1, FRAME, stack, 8)
    code.store(FRAME, frame + _PLACES.address, R1, 8)
    code.label("write")
    code.load(R1, R6, _META, 8)
    code.load(R1, R1, _SEQ_FILE, 8)
    code.address(R2, FRAME, frame)
    code.constant(R3, TASK_RECORD.size)
    code.call(Helper.SEQ_WRITE)
    code.label("end")
    code.exit()
    return code.code()


def _copy_thread(code: Assembler, btf: Btf, frame: int) -> None:
    state = btf.member("task_struct", "__state") or required(btf, "task_struct", "state")  # renamed in Linux 5.14
    members = {
        _PLACES.tid: required(btf, "task_struct", "pid"),
        _PLACES.exit_state: required(btf, "task_struct", "exit_state"),
        _PLACES.state: state,
    }
    for place, member in members.items():
        load(code, R1, R7, member)
        code.store(FRAME, frame + place, R1, 4)
    command = required(btf, "task_struct", "comm").offset
    for offset in range(0, 16, 4):
        code.load(R1, R7, command + offset, 4)
        code.store(FRAME, frame + _COMMAND + offset, R1, 4)


def _copy_executable(code: Assembler, btf: Btf, frame: int) -> None:
    """Inode, device and name of the executable; nothing of a process that has ended."""
    _follow(code, R8, R7, required(btf, "task_struct", "mm"))
    _follow(code, R8, R8, required(btf, "mm_struct", "exe_file"))
    _follow(code, R2, R8, required(btf, "file", "f_inode"))
    load(code, R1, R2, required(btf, "inode", "i_ino"))
    code.store(FRAME, frame + _PLACES.inode, R1, 8)
    _follow(code, R2, R2, required(btf, "inode", "i_sb"))
    load(code, R1, R2, required(btf, "super_block", "s_dev"))
    code.store(FRAME, frame + _PLACES.device, R1, 4)
    _follow(code, R8, R8, required(btf, "file", "f_path.dentry"))
    load(code, R3, R8, required(btf, "dentry", "d_name.name"))
    code.address(R1, FRAME, frame + _NAME)
    code.constant(R2, _NAME_BYTES)
    code.call(Helper.PROBE_READ_KERNEL_STRING)
    load(code, R1, R8, required(btf, "dentry", "d_hash.pprev"))
    code.jump_if_equal(R1, 0, "executable")
    code.constant(R1, 1)
    code.store(FRAME, frame + _PLACES.named, R1, 4)
    code.label("executable")


def _follow(code: Assembler, to: Register, base: Register, pointer: Member) -> None:
    load(code, to, base, pointer)
    code.jump_if_equal(to, 0, "executable")


def _copy_call(code: Assembler, btf: Btf, frame: int, machine: _Machine) -> None:
    """The system call that the thread is in, from the registers with which it entered the kernel."""
    code.move(R1, R7)
    code.call(Helper.TASK_PT_REGS)
    code.jump_if_equal(R0, 0, "write")
    for path, place, size in (
        (machine.number, _PLACES.number, 4),
        (machine.argument, _PLACES.argument, 8),
        (machine.mode, _PLACES.mode, 4),
    ):
        load(code, R1, R0, required(btf, "pt_regs", path))
        code.store(FRAME, frame + place, R1, size)


class TaskWaits:
    """Lists the threads of one process at a time. Not thread-safe."""

    message = "BPF: the threads of all users' processes"

    def __init__(
        self,
        read: ReadRecords,
        choose: Callable[[int], None],
        symbols: KernelSymbols | None = None,
        machine: _Machine = MACHINES["x86_64"],
    ) -> None:
        """`choose` sets the process that `read` lists; without `symbols`, functions of the kernel have no names."""
        self._read = read
        self._choose = choose
        self._symbols = symbols
        self._machine = machine
        self._open: tuple[int, int, mmap.mmap] | None = None

    @classmethod
    def open(cls, btf: Btf) -> "TaskWaits":
        """Load the program; SourceError if the kernel refuses, or if its pids are not valid in this pid namespace."""
        machine = MACHINES.get(platform.machine())
        if machine is None:
            raise SourceError(f"On {platform.machine()} tcpwatch does not know system calls by their numbers.")
        if not pids_are_ours():
            raise SourceError("In a pid namespace of its own, BPF knows the processes by other numbers.")
        wanted = create_map(MapType.ARRAY, 4, 8, 1, MAP_MMAPABLE)
        try:
            link = load_iterator(task_iterator(btf, wanted, machine), btf, "task")
        except SourceError:
            os.close(wanted)
            raise
        shared = mmap.mmap(wanted, mmap.PAGESIZE)
        waits = cls(lambda: read_iterator(link), lambda pid: pack_into("=Q", shared, 0, pid), open_symbols(), machine)
        waits._open = link, wanted, shared
        return waits

    def read(self, pid: int) -> TaskList:
        """The threads of a process and its executable; none where it has ended.

        SourceError if the kernel stops early.
        """
        self._choose(pid)
        threads: list[ThreadWait] = []
        total, executable = 0, None
        for chunk in self._read():
            for record in map(TaskRecord._make, TASK_RECORD.iter_unpack(chunk)):
                executable = executable or _executable(record)
                if record.exit_state:
                    continue
                total += 1
                if total <= MOST_THREADS:
                    threads.append(self._thread(record))
        return TaskList(ThreadsSeen(tuple(threads), total), executable)

    def close(self) -> None:
        """Unload the program."""
        if self._open is not None:
            link, wanted, shared = self._open
            self._open = None
            shared.close()
            os.close(link)
            os.close(wanted)
        if self._symbols is not None:
            self._symbols.close()
            self._symbols = None

    def _thread(self, record: TaskRecord) -> ThreadWait:
        command = _text(record.command)
        if record.state == 0 or record.state & _STOPPED:
            return ThreadWait(record.tid, command, running=record.state == 0, stopped=record.state != 0)
        own_numbers = record.mode & self._machine.mask == self._machine.own
        waits_in = self._symbols.name(record.address) if self._symbols is not None and record.address else None
        number = record.number if own_numbers else NO_CALL
        return thread_in_call(record.tid, command, number, record.argument, waits_in)


def _executable(record: TaskRecord) -> Executable | None:
    if not record.inode:
        return None
    device = os.makedev(record.device >> _MINOR_BITS, record.device & (1 << _MINOR_BITS) - 1)
    return Executable(_text(record.name), not record.named, (device, record.inode))


@lru_cache(maxsize=1_024)
def _text(padded: bytes) -> str:
    return clean(padded.partition(b"\0")[0].decode(errors="surrogateescape"))
