"""Recognises what runs a program's code: by the name of its executable, its libraries, its sections.

Rule: evidence or nothing. An executable that is known to interpret another language is not taken for native code.
"""

import os
import re
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress

from tcpwatch.kernel.proc.tasks import Executable
from tcpwatch.sockets.program import Runtime

# What the file is called, in full.
BY_NAME = (
    (Runtime.CPYTHON, re.compile(r"python(\d+(\.\d+)*)?[td]?m?")),
    (Runtime.JVM, re.compile(r"java")),
    (Runtime.NODE, re.compile(r"node|nodejs")),
    # They interpret, and no tool of ours looks into what they run.
    (Runtime.UNKNOWN, re.compile(r"(ruby|perl|php|lua|luajit|pypy|guile|tclsh|wish)[\d.-]*(-fpm|-cgi)?")),
    (Runtime.UNKNOWN, re.compile(r"beam(\.smp)?|dotnet|mono(-sgen)?|deno|bun|Rscript|R|(ba|da|k|z)?sh|busybox")),
)
BY_LIBRARY = (
    (Runtime.JVM, re.compile(rb"/libjvm\.so\b")),
    (Runtime.CPYTHON, re.compile(rb"/libpython\d[^/\n]*\.so\b")),
    (Runtime.UNKNOWN, re.compile(rb"/(libcoreclr|libruby[^/\n]*|libperl|libphp[^/\n]*|libnode)\.so\b")),
)
FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/sbin")
_MAPS_BYTES = 1 << 20
_ELF = b"\x7fELF"
_CLASS_64 = 2
_SECTIONS_AT, _SECTION_SHAPE = struct.Struct("=40xQ"), struct.Struct("=58xHHH")  # in Elf64_Ehdr
_SECTION = struct.Struct("=24xQQ")  # in Elf64_Shdr: place and size in the file
_NAMES_BYTES = 1 << 16
_OF_GO = (b".go.buildinfo", b".note.go.buildid", b".gopclntab")


def by_name(name: str) -> Runtime | None:
    """The runtime that a file of this name is; UNKNOWN for an interpreter of another kind, None for any other name."""
    return next((runtime for runtime, pattern in BY_NAME if pattern.fullmatch(name)), None)


def recognise(process: int, executable: Executable | None, command_line: tuple[str, ...]) -> Runtime:
    """The runtime of the process whose directory in /proc is open."""
    name = os.path.basename(executable.path if executable is not None else next(iter(command_line), ""))
    runtime = by_name(name) or _by_library(process)
    if runtime is None:
        runtime = _by_content(process, executable, command_line)
    return runtime or Runtime.UNKNOWN


def _by_library(process: int) -> Runtime | None:
    """By the files that are mapped; None also where that may not be read."""
    try:
        maps = _whole_file(process, "maps")
    except OSError:
        return None
    return next((runtime for runtime, pattern in BY_LIBRARY if pattern.search(maps)), None)


def _whole_file(process: int, name: str) -> bytes:
    """A file of /proc, which gives a page at a time."""
    parts, size = [], 0
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=process)
    try:
        while size < _MAPS_BYTES and (part := os.read(descriptor, _MAPS_BYTES)):
            parts.append(part)
            size += len(part)
    finally:
        os.close(descriptor)
    return b"".join(parts)


def _by_content(process: int, executable: Executable | None, command_line: tuple[str, ...]) -> Runtime | None:
    """GO or NATIVE by the sections of the executable; None where it cannot be read."""
    with suppress(OSError):
        return _of_file(os.open("exe", os.O_RDONLY | os.O_CLOEXEC, dir_fd=process))
    if executable is None or executable.identity is None:
        return None
    for path in _candidates(executable.path, command_line):
        with suppress(OSError, ValueError):
            found = os.stat(path)
            if (found.st_dev, found.st_ino) == executable.identity and stat.S_ISREG(found.st_mode):
                return _of_file(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
    return None


def _candidates(name: str, command_line: tuple[str, ...]) -> Iterable[str]:
    """Where a file of that name may be; whether it is the same file, its inode tells."""
    if command_line and command_line[0].startswith("/") and os.path.basename(command_line[0]) == name:
        yield command_line[0]
    if name and "/" not in name:
        yield from (f"{folder}/{name}" for folder in FOLDERS)


def _of_file(descriptor: int) -> Runtime | None:
    """Closes the descriptor."""
    try:
        head = os.pread(descriptor, 64, 0)
        if len(head) < 64 or not head.startswith(_ELF):
            return None
        return Runtime.GO if head[4] == _CLASS_64 and _has_section_of_go(descriptor, head) else Runtime.NATIVE
    finally:
        os.close(descriptor)


def _has_section_of_go(descriptor: int, head: bytes) -> bool:
    (sections,) = _SECTIONS_AT.unpack_from(head)
    size, _, names = _SECTION_SHAPE.unpack_from(head)
    section = os.pread(descriptor, _SECTION.size, sections + names * size) if sections < 1 << 62 else b""
    if len(section) < _SECTION.size:
        return False
    place, length = _SECTION.unpack(section)
    listed = os.pread(descriptor, min(length, _NAMES_BYTES), place) if place < 1 << 62 else b""
    return any(word in listed for word in _OF_GO)
