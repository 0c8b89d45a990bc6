"""What can go wrong in a way that the user can mend: each message names what, where and what to do."""

from typing import ClassVar


class TcpwatchError(Exception):
    """A failure with a message for the user; `exit_code` is what the program ends with."""

    exit_code: ClassVar[int] = 1


class UsageError(TcpwatchError):
    """Words on the command line, or input, that cannot be used."""

    exit_code = 2


class CaptureFileError(UsageError):
    """A capture file that is damaged or of no known kind; names record, byte offset, claim and limit."""


class PrivilegeError(TcpwatchError):
    """A privilege is missing for what was asked: `message` which one and what for, `fix` is the command that helps."""

    exit_code = 3

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message}\n  {fix}")
        self.message = message
        self.fix = fix


class SourceError(TcpwatchError):
    """The kernel or the system does not give what a source needs; another source may."""
