"""What a scenario plays on: it announces acts, each with what a watcher will see, and keeps the sockets open.

Law of the room: a scenario waits for who watches (`now`), for a timer of the kernel (`wait`) or for a state
(`wait_until`), and never without end. What it opens stays open until its process ends, so that the last picture can be
looked at.
"""

import atexit
import json
import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tcpwatch.errors import TcpwatchError
from tcpwatch.lab.address import HOST, PORT
from tcpwatch.lab.child_process import ChildProcess
from tcpwatch.lab.loss import drop_incoming

PACE_S = 2.0
SOON_S = 0.1
SYN_AGAIN_S = 1.2  # the kernel sends a SYN again after a second
POLL_S = 0.02
STATE_WITHIN_S = 10
KERNEL_STATES = {"ESTABLISHED": 1, "SYN-RECEIVED": 3, "FIN-WAIT-2": 5, "CLOSED": 7}  # include/net/tcp_states.h
IPV4_SYSCTLS = Path("/proc/sys/net/ipv4")

OPENING = ("1/3 SYN", "2/3 SYN-ACK", "3/3 ACK")
FOUR_WAY_CLOSE = ("1/4 FIN", "2/4 ACK", "3/4 FIN", "4/4 ACK")

ActValue = str | int


class Promise(NamedTuple):
    """What a watcher sees of an act: RFC 9293's states, steps of open and close, Wireshark's words of analysis."""

    states: Collection[str] = ()
    steps: Collection[str] = ()
    analysis: Collection[str] = ()


class Act(NamedTuple):
    """What happens now, in one sentence, and what a watcher will see of it. `time_ns` is the wall clock's.

    `message` has places for `values`, so that it is the same text every time and can be translated.
    """

    time_ns: int
    message: str
    promise: Promise = Promise()
    values: Mapping[str, ActValue] = MappingProxyType({})

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence with its values, in another language where `translate` knows it."""
        return translate(self.message).format_map(self.values)

    def line(self) -> str:
        """The act as one line of JSON."""
        facts = {"time_ns": self.time_ns, "says": self.message, "values": dict(self.values)}
        return json.dumps(facts | self.promise._asdict())

    @classmethod
    def from_line(cls, line: str) -> "Act":
        """The act that `line` was made of."""
        facts = json.loads(line)
        promise = Promise(*(tuple(facts[name]) for name in Promise._fields))
        return cls(facts["time_ns"], facts["says"], promise, facts["values"])


class Stage:
    """Where a scenario plays. `announce` is called with each act as it begins; at least `pace_s` lies between two.

    `rest` is called between them too, and returns when who watches is ready for the next act.
    """

    def __init__(
        self,
        announce: Callable[[Act], None],
        port: int = PORT,
        pace_s: float = PACE_S,
        rest: Callable[[], object] = lambda: None,
    ) -> None:
        self.port = port
        self.pace_s = pace_s
        self._announce = announce
        self._rest = rest
        self._begun = False
        self.opened: list[socket.socket] = []
        self.started: list[ChildProcess] = []

    def now(
        self,
        message: str,
        *,
        states: Sequence[str] = (),
        steps: Sequence[str] = (),
        analysis: Sequence[str] = (),
        soon: bool = False,
        **values: ActValue,
    ) -> None:
        """Give time to look at the last act, then announce the next one; `values` are for the places in `message`.

        `soon`: a timer of the kernel runs that doubles, so this act does not wait until who watches is ready.
        """
        if self._begun:
            self.wait(self.pace_s)
            if not soon:
                self._rest()
        self._begun = True
        self._announce(Act(time.time_ns(), message, Promise(tuple(states), tuple(steps), tuple(analysis)), values))

    def wait(self, seconds: float = SOON_S) -> None:
        """Wait for a timer of the kernel; ordinarily for the delayed ACK, which takes 40 ms."""
        time.sleep(seconds)

    def wait_until(self, end: socket.socket, state: str) -> None:
        """Wait until the kernel has moved this end to `state`; CLOSED is also an end that TIME-WAIT has taken over.

        TcpwatchError where that takes too long.
        """
        kernel_state = KERNEL_STATES[state]
        deadline = time.monotonic() + STATE_WITHIN_S
        while end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != kernel_state:
            if time.monotonic() > deadline:
                raise TcpwatchError(f"no {state} within {STATE_WITHIN_S} s: the scenario cannot go on")
            time.sleep(POLL_S)

    def keep(self, *opened: socket.socket) -> None:
        """Keep these sockets open."""
        self.opened += opened

    def start(self, name: str, *arguments: str) -> ChildProcess:
        """The module `tcpwatch.lab.<name>`, in a process that lives until this one ends."""
        started = ChildProcess(name, *arguments)
        self.started.append(started)
        return started

    def listen(self, backlog: int = 16) -> socket.socket:
        """A listener on the scenario's port."""
        listener = self.bound(self.port)
        listener.listen(backlog)
        return listener

    def bound(self, port: int = 0, host: str = HOST) -> socket.socket:
        """A socket on a port of its own, not yet connected."""
        opened = socket.socket()
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.bind((host, port))
        self.keep(opened)
        return opened

    def deaf_listener(self, port: int = 0, host: str = HOST) -> socket.socket:
        """A port where segments vanish: without it the kernel would answer them by RST."""
        deaf = self.bound(port, host)
        deaf.listen()
        drop_incoming(deaf)
        return deaf

    def connect(self, client: socket.socket | None = None) -> socket.socket:
        """A connection to the scenario's port."""
        client = client or self.bound()
        client.connect((HOST, self.port))
        return client

    def begin_connect(self, client: socket.socket | None = None, port: int | None = None) -> socket.socket:
        """A connection that is asked for, but not waited for."""
        client = client or self.bound()
        client.setblocking(False)
        client.connect_ex((HOST, port or self.port))
        return client

    def accept(self, listener: socket.socket) -> socket.socket:
        """The server's end of the connection that has waited longest."""
        server, _ = listener.accept()
        self.keep(server)
        return server

    def pair(self, listener: socket.socket) -> tuple[socket.socket, socket.socket]:
        """A new connection: the client's end and the server's."""
        client = self.connect()
        return client, self.accept(listener)


def set_sysctl(name: str, value: str) -> None:
    """Set `net.ipv4.<name>` of this network namespace until the process ends, where the kernel has it."""
    setting = IPV4_SYSCTLS / name
    if setting.exists():
        atexit.register(setting.write_text, setting.read_text())
        setting.write_text(value)
