"""bpf(2): what it is given, and what its refusals become."""

import errno
import os
import platform
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf import loader
from tcpwatch.kernel.bpf.assembler import Assembler, Register
from tcpwatch.kernel.bpf.loader import Command
from tests.kernel.bpf.allowed import needs_bpf

Call = tuple[Command, bytes]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Call], int]], list[Call]]:
    """Let the kernel answer each call with what a function says; the calls."""

    def install(result: Callable[[Call], int]) -> list[Call]:
        calls: list[Call] = []

        def call(command: Command, attributes: bytes) -> int:
            calls.append((command, attributes))
            return result((command, attributes))

        monkeypatch.setattr(loader, "_bpf", call)
        return calls

    return install


def refuse(number: int) -> Callable[[Call], int]:
    def result(_: Call) -> int:
        error = OSError(number, os.strerror(number))
        raise SourceError(f"refused ({error.strerror}).") from error

    return result


def test_btf_that_is_not_offered(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no type information for BPF: .*absent \(No such file"):
        loader.read_btf(tmp_path / "absent")


def test_machine_that_this_was_not_made_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "s390x")
    with pytest.raises(SourceError, match="not made for Linux on s390x"):
        loader.check_permission()


def test_permission_is_found_missing(answer: Callable[[Callable[[Call], int]], list[Call]]) -> None:
    calls = answer(refuse(errno.EPERM))
    with pytest.raises(SourceError, match="refused"):
        loader.check_permission()
    assert [command for command, _ in calls] == [Command.PROGRAM_LOAD]


def test_permission_is_there_where_only_the_program_is_wrong(
    answer: Callable[[Callable[[Call], int]], list[Call]],
) -> None:
    answer(refuse(errno.EINVAL))
    loader.check_permission()


def test_map_is_described(answer: Callable[[Callable[[Call], int]], list[Call]]) -> None:
    calls = answer(lambda _: 9)
    assert loader.create_map(loader.MapType.ARRAY, 4, 8, 1, loader.MAP_MMAPABLE) == 9
    [(command, attributes)] = calls
    assert command == Command.MAP_CREATE
    assert attributes[:20] == struct.pack("=5I", 2, 4, 8, 1, 1 << 10)
    assert attributes[28:44] == b"tcpwatch".ljust(16, b"\0")


@pytest.mark.e2e
@needs_bpf
def test_program_that_the_verifier_refuses() -> None:
    """Its verdict is in the message."""
    code = Assembler()
    code.load(Register.R0, Register.R2, 0, 8)
    code.exit()
    with pytest.raises(SourceError, match=r"The verifier says: .*R2"):
        loader.load_iterator(code.code(), loader.read_btf(), "tcp")


@pytest.mark.e2e
@needs_bpf
def test_iterator_that_writes_nothing() -> None:
    code = Assembler()
    code.exit()
    link = loader.load_iterator(code.code(), loader.read_btf(), "tcp")
    assert list(loader.read_iterator(link)) == []
    os.close(link)


@pytest.mark.e2e
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
@needs_bpf
def test_loader_leaves_no_descriptor_open() -> None:
    btf = loader.read_btf()
    before = os.listdir("/proc/self/fd")
    code = Assembler()
    code.exit()
    for _ in range(3):
        link = loader.load_iterator(code.code(), btf, "tcp")
        list(loader.read_iterator(link))
        os.close(link)
        os.close(loader.load_tracepoint(code.code(), btf, "tcp_send_reset"))
    assert os.listdir("/proc/self/fd") == before
