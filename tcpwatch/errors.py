"""Errors that the user can fix: each message has what failed, where, and what to do."""

import errno
from typing import ClassVar


class TcpwatchError(Exception):
    """A failure with a message for the user; `exit_code` is the program's exit status."""

    exit_code: ClassVar[int] = 1


class UsageError(TcpwatchError):
    """Invalid arguments or input."""

    exit_code = 2


class CaptureFileError(UsageError):
    """A damaged or unknown capture file; the message has record, byte offset, claimed size and limit."""


class PrivilegeError(TcpwatchError):
    """A privilege is missing: `message` is which one and what for, `fix` is the command that provides it."""

    exit_code = 3

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message}\n  {fix}")
        self.message = message
        self.fix = fix


class OutputError(TcpwatchError):
    """What was asked for cannot be written to stdout; the message says why, as the system does."""

    def __init__(self, error: OSError) -> None:
        why = "stdout is closed" if error.errno == errno.EBADF else error.strerror or str(error)
        super().__init__(f"the output cannot be written: {why}")


class RecordingError(TcpwatchError):
    """A recording that was asked for cannot be written, or is not whole."""


class ReportError(TcpwatchError):
    """A report that was asked for cannot be written, or is not whole."""


class SourceError(TcpwatchError):
    """A source cannot be opened or read; another source may work."""
