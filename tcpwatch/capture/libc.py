"""The C library's calls that Python's own library does not have, or narrows."""

import ctypes
import os
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: Any) -> None:
    """Call a function that returns 0 when done; raises OSError with its errno otherwise."""
    if getattr(LIBC, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
