"""The user of a socket, and user names by uid. Each name is looked up once."""

import pwd
from collections.abc import Iterable, Mapping
from functools import lru_cache

from tcpwatch.sockets.row import SocketRow
from tcpwatch.text.clean import clean


def user_names(rows: Iterable[SocketRow]) -> Mapping[int, str]:
    """User names of these rows by uid; a uid without a name is its own name."""
    return {uid: user_name(uid) for uid in {row.uid for row in rows} if uid is not None}


def known_uid(uid: int, inode: int) -> int | None:
    """The uid of a socket. A socket that no program has open has no uid: the kernel reports 0."""
    return uid if inode or uid else None


@lru_cache(maxsize=4_096)
def user_name(uid: int) -> str:
    """The user's name, or the number if the system has none."""
    try:
        return clean(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return str(uid)
