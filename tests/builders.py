"""Facts for tests, each with one plain default: a test names only what it is about."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.extras import Extensions
from tcpwatch.sockets.row import Owner, SocketRow
from tcpwatch.sockets.threads import ThreadWait
from tcpwatch.tcp.event import Event, Meaning
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, Segment

SERVER = ("127.0.0.1", 9999)
CLIENT = ("127.0.0.1", 53412)


def ends(first: tuple[str, int], second: tuple[str, int]) -> bytes:
    """Both ends in the form of `Segment.ends`."""
    addresses = ip_address(first[0]).packed + ip_address(second[0]).packed
    return addresses + first[1].to_bytes(2) + second[1].to_bytes(2)


def segment(**facts: Any) -> Segment:
    """A pure ACK from the client to the server."""
    values: dict[str, Any] = {
        "frame": 1,
        "time_ns": 0,
        "ends": ends(CLIENT, SERVER),
        "seq": 1000,
        "ack": 5000,
        "flags": ACK,
        "window": 512,
        "length": 0,
        "option_bytes": b"",
        "payload": b"",
    }
    return Segment(**(values | facts))


def event(**facts: Any) -> Event:
    """What a tracker says of a pure ACK; facts of the segment may be named too."""
    names = set(Segment.__slots__)
    values: dict[str, Any] = {
        "segment": segment(
            **{name: value for name, value in facts.items() if name in names and name not in ("seq", "ack", "window")}
        ),
        "stream": 0,
        "side": 0,
        "seq": 1,
        "ack": 1,
        "window": 65_536,
        "scaled": True,
        "meaning": Meaning(
            **{"src_state": State.ESTABLISHED, "dst_state": State.ESTABLISHED}
            | {name: value for name, value in facts.items() if name in Meaning.__slots__}
        ),
    }
    return Event(**(values | {name: value for name, value in facts.items() if name in values}))


def row(**facts: Any) -> SocketRow:
    """The server's end of an established connection."""
    values: dict[str, Any] = {
        "cookie": 1,
        "ends": ends(SERVER, CLIENT),
        "mapped": False,
        "state": State.ESTABLISHED,
        "uid": 1000,
        "inode": 4711,
        "recv_q": 0,
        "send_q": 0,
    }
    return SocketRow(**(values | facts))


@dataclass(frozen=True)
class Told:
    """What a socket's row has its extensions from."""

    extensions: Extensions


def owner(**facts: Any) -> Owner:
    """A server process."""
    values: dict[str, Any] = {"pid": 4242, "start_ticks": 17, "command": "java", "fd": 58}
    return Owner(**(values | facts))


def connection(**facts: Any) -> Connection:
    """A connection held by that process, seen to begin at second 0."""
    names = set(SocketRow.__slots__)
    values: dict[str, Any] = {
        "row": row(**{name: value for name, value in facts.items() if name in names}),
        "owners": (owner(),),
        "no_owner": None,
        "user": "www-data",
        "since_ns": 0,
        "since_seen": True,
        "mark": Mark.NONE,
        "peer": None,
        "past": None,
        "turned_away": 0,
        "local_cause": None,
        "queues": None,
        "unread_ns": None,
    }
    return Connection(**(values | {name: value for name, value in facts.items() if name in values}))


def in_call(tid: int, syscall: str, fd: int | None = None) -> ThreadWait:
    """A thread that is in a system call."""
    return ThreadWait(tid, "worker", syscall, fd)
