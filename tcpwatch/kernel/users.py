"""Whose a socket is, and user names by uid from the system's own database, looked up once each."""

import pwd
from collections.abc import Iterable, Mapping
from functools import lru_cache

from tcpwatch.sockets.row import SocketRow
from tcpwatch.text.clean import clean


def user_names(rows: Iterable[SocketRow]) -> Mapping[int, str]:
    """The names of the rows' users by uid; a uid without a name is its own."""
    return {uid: user_name(uid) for uid in {row.uid for row in rows} if uid is not None}


def known_uid(uid: int, inode: int) -> int | None:
    """The user that a socket belongs to. The kernel knows none of what no program holds: there zero is absence."""
    return uid if inode or uid else None


@lru_cache(maxsize=4_096)
def user_name(uid: int) -> str:
    """One user's name, or the number where the system knows none."""
    try:
        return clean(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return str(uid)
