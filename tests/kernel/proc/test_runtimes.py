"""What runs a program's code."""

import os
import struct
import sys
from pathlib import Path

import pytest

from tcpwatch.kernel.proc.runtimes import by_name, recognise
from tcpwatch.kernel.proc.tasks import Executable
from tcpwatch.sockets.program import Runtime


def elf(path: Path, *sections: bytes) -> Path:
    """An ELF file with nothing but a header and the names of its sections."""
    names = b"\0".join((b"", *sections, b".text", b""))
    header = bytearray(64)
    header[:5] = b"\x7fELF\x02"
    struct.pack_into("=Q", header, 40, 64)
    struct.pack_into("=HHH", header, 58, 64, 1, 0)
    section = bytearray(64)
    struct.pack_into("=QQ", section, 24, 128, len(names))
    path.write_bytes(bytes(header + section) + names)
    return path


def runtime(home: Path, executable: Executable | None, *command_line: str) -> Runtime:
    directory = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return recognise(directory, executable, command_line)
    finally:
        os.close(directory)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("python3.11", Runtime.CPYTHON),
        ("python", Runtime.CPYTHON),
        ("python3.13t", Runtime.CPYTHON),
        ("java", Runtime.JVM),
        ("node", Runtime.NODE),
        ("nodejs", Runtime.NODE),
        ("pypy3", Runtime.UNKNOWN),
        ("ruby3.1", Runtime.UNKNOWN),
        ("php-fpm", Runtime.UNKNOWN),
        ("beam.smp", Runtime.UNKNOWN),
        ("bash", Runtime.UNKNOWN),
        ("nginx", None),
        ("pythonic", None),
        ("javascript-server", None),
        ("node_exporter", None),
        ("", None),
    ],
)
def test_name(name: str, expected: Runtime | None) -> None:
    assert by_name(name) is expected


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        ("/usr/lib/jvm/17/lib/server/libjvm.so", Runtime.JVM),
        ("/usr/lib/libpython3.11.so.1.0", Runtime.CPYTHON),
        ("/usr/share/dotnet/libcoreclr.so", Runtime.UNKNOWN),
    ],
)
def test_library_of_an_embedded_runtime(tmp_path: Path, library: str, expected: Runtime) -> None:
    (tmp_path / "exe").symlink_to(elf(tmp_path / "uwsgi"))
    (tmp_path / "maps").write_text(f"7f00-7f01 r-xp 0 fe:00 5   /usr/bin/uwsgi\n7f02-7f03 r-xp 0 fe:00 6   {library}\n")
    assert runtime(tmp_path, Executable("/usr/bin/uwsgi", False)) is expected


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ((b".go.buildinfo",), Runtime.GO),
        ((b".note.go.buildid",), Runtime.GO),
        ((b".gopclntab",), Runtime.GO),
        ((), Runtime.NATIVE),
        ((b".rodata",), Runtime.NATIVE),
    ],
)
def test_sections_of_the_executable(tmp_path: Path, sections: tuple[bytes, ...], expected: Runtime) -> None:
    (tmp_path / "exe").symlink_to(elf(tmp_path / "server", *sections))
    assert runtime(tmp_path, Executable(str(tmp_path / "server"), False)) is expected


@pytest.mark.parametrize(
    "content", [b"", b"#!/bin/sh\n" * 10, b"\x7fELF\x02" + b"\xff" * 100, b"\x7fELF\x02" + bytes(59)]
)
def test_executable_that_is_odd(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "exe").write_bytes(content)
    assert runtime(tmp_path, Executable("/opt/server", False)) in (Runtime.UNKNOWN, Runtime.NATIVE)


def test_executable_that_only_its_inode_tells(tmp_path: Path) -> None:
    """The kernel gives a name and an inode; the file at the path of the command line is the same."""
    path = elf(tmp_path / "server", b".go.buildinfo")
    there = path.stat()
    named = Executable("server", False, (there.st_dev, there.st_ino))
    assert runtime(tmp_path, named, str(path)) is Runtime.GO
    assert runtime(tmp_path, named._replace(identity=(there.st_dev, there.st_ino + 1)), str(path)) is Runtime.UNKNOWN
    assert runtime(tmp_path, named._replace(identity=None), str(path)) is Runtime.UNKNOWN


def test_command_line_alone(tmp_path: Path) -> None:
    assert runtime(tmp_path, None, "/usr/bin/java", "-jar", "x.jar") is Runtime.JVM
    assert runtime(tmp_path, None, "nginx: worker process") is Runtime.UNKNOWN
    assert runtime(tmp_path, None) is Runtime.UNKNOWN


def test_own_runtime() -> None:
    executable = Executable(os.readlink("/proc/self/exe"), False)
    assert runtime(Path("/proc/self"), executable, sys.executable) is Runtime.CPYTHON
