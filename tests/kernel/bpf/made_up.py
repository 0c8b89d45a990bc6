"""Sockets and processes of a kernel that a test makes up, and the programs run on them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tcpwatch.kernel.bpf.assembler import Helper
from tcpwatch.kernel.bpf.btf import Btf
from tcpwatch.kernel.bpf.fields import COMMON_FIELDS, STRUCTURES, Shape
from tcpwatch.kernel.bpf.programs import tcp_iterator
from tests.kernel.bpf.kernel_types import made_up_kernel
from tests.kernel.bpf.machine import Machine

COOKIE, JIFFIES, NOW_NS, NETNS = 0x1122_3344_5566, 5_000_000_000, 77_000_000_000, 0xF000_0099
PID, START_NS, COMMAND = 4242, 9_000_000, b"java".ljust(16, b"\0")
STRUCTURE_BYTES, TASK_BYTES = 4096, 64
CASTS = {
    Shape.FULL: Helper.SKC_TO_TCP_SOCK,
    Shape.REQUEST: Helper.SKC_TO_TCP_REQUEST_SOCK,
    Shape.TIME_WAIT: Helper.SKC_TO_TCP_TIMEWAIT_SOCK,
}


@dataclass
class MadeUp:
    """One kernel with one socket, whose shape says which of the casts succeed; `written` is what programs give out."""

    btf: Btf = field(default_factory=made_up_kernel)
    shape: Shape | None = Shape.FULL
    ring_is_full: bool = False
    written: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        casts = {helper: self._cast(shape) for shape, helper in CASTS.items()}
        self.machine = Machine(
            casts
            | {
                Helper.GET_SOCKET_COOKIE: lambda *_: COOKIE,
                Helper.PROBE_READ_KERNEL: lambda to, size, place, *_: self._read_kernel(to, size, place),
                Helper.JIFFIES64: lambda *_: JIFFIES,
                Helper.KTIME_GET_NS: lambda *_: NOW_NS,
                Helper.SEQ_WRITE: lambda _, data, size, *rest: self._write(data, size),
                Helper.RINGBUF_OUTPUT: lambda _, data, size, *rest: self._write(data, size),
                Helper.GET_CURRENT_TASK_BTF: lambda *_: self.thread,
                Helper.SOCK_FROM_FILE: lambda file, *_: self.socket_of_file.get(file, 0),
            }
        )
        self.socket_of_file: dict[int, int] = {}
        self.common, self.whole = self.put(), self.put()
        self.thread, leader = self.machine.put(TASK_BYTES), self.machine.put(TASK_BYTES)
        process = {"tgid": PID, "start_boottime": START_NS, "comm": COMMAND}
        self.set("task_struct", self.thread, "group_leader", leader)
        for path, value in process.items():
            self.set("task_struct", leader, path, value)

    def put(self) -> int:
        return self.machine.put(STRUCTURE_BYTES)

    def set(self, structure: str, address: int, path: str, value: int | bytes) -> None:
        member = self.btf.member(structure, path)
        assert member is not None, path
        if member.bits:
            old = self.machine.memory[address + member.offset]
            self.machine.memory[address + member.offset] = old | int(value) << member.bit_offset % 8
        else:
            self.machine.write(address + member.offset, value, member.size)

    def set_fields(self, **values: int | bytes) -> None:
        """Fields of the socket, by their names in the record."""
        assert self.shape is not None
        structure, table = STRUCTURES[self.shape]
        for entry in (*COMMON_FIELDS, *table):
            if entry.name in values:
                common = entry in COMMON_FIELDS
                place = ("sock_common", self.common) if common else (structure, self.whole)
                self.set(*place, entry.paths[0], values[entry.name])

    def context(self, *pointers: int) -> int:
        """The context of a program: eight bytes each."""
        address = self.machine.put(8 * len(pointers))
        for place, pointer in enumerate(pointers):
            self.machine.write(address + 8 * place, pointer)
        return address

    def list_sockets(self) -> bytes:
        """The record that the TCP iterator writes of the socket."""
        code, _ = tcp_iterator(self.btf)
        meta = self.context(self.put())
        self.machine.run(code, self.context(meta, self.common))
        return b"".join(self.written)

    def _cast(self, shape: Shape) -> Callable[..., int]:
        return lambda *_: self.whole if self.shape is shape else 0

    def _read_kernel(self, to: int, size: int, place: int) -> int:
        if not place:
            return 1
        self.machine.write(to, self.machine.read(place, size))
        return 0

    def _write(self, data: int, size: int) -> int:
        if self.ring_is_full:
            return 1
        self.written.append(self.machine.read(data, size))
        return 0
