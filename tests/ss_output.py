"""What `ss -tanieomHO` prints, taken apart."""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from tcpwatch.sockets.row import TimerKind
from tcpwatch.tcp.state import State, parse_state
from tcpwatch.wire.segment import Endpoint

SS = ("ss", "-tanieomHO")
TIMER_WORDS = {
    "on": TimerKind.RETRANSMIT,
    "keepalive": TimerKind.KEEPALIVE,
    "timewait": TimerKind.TIME_WAIT,
    "persist": TimerKind.PERSIST,
}
UNITS_MS = {"ms": 1, "sec": 1000, "min": 60_000}


@dataclass
class Printed:
    """One line of `ss`."""

    state: State
    queues: tuple[int, int]
    local: Endpoint
    remote: Endpoint
    mapped: bool
    words: str

    def number(self, word: str, base: int = 10) -> int:
        """The number behind `word:`; ss leaves out those that are 0."""
        found = re.search(rf"(?:^|\s){word}:([0-9a-f]+)", self.words)
        return int(found[1], base) if found else 0

    def timer(self) -> tuple[TimerKind, int, int] | None:
        """Kind, milliseconds and retransmits of `timer:(keepalive,1min19sec,0)`."""
        found = re.search(r"timer:\((\w+),([\w.]*),(\d+)\)", self.words)
        if found is None:
            return None
        parts = re.findall(r"([\d.]+)(min|sec|ms)", found[2])
        # "1.2sec" and "200ms", but "2.200ms" for 2.2 s: ss has a dot for the seconds there.
        return TIMER_WORDS[found[1]], sum(_milliseconds(*part) for part in parts), int(found[3])


def _milliseconds(number: str, unit: str) -> int:
    seconds, _, rest = number.partition(".")
    if unit == "ms" and rest:
        return int(seconds) * 1000 + int(rest)
    return int(float(number) * UNITS_MS[unit])


def _endpoint(text: str) -> tuple[Endpoint, bool]:
    host, _, port = text.rpartition(":")
    host = host.strip("[]").partition("%")[0]
    mapped = host.startswith("::ffff:")
    address = {"*": "::"}.get(host, host.removeprefix("::ffff:"))
    return Endpoint(str(ip_address(address)), 0 if port == "*" else int(port)), mapped


def parse(lines: Iterable[str]) -> dict[int, Printed]:
    """The sockets by cookie."""
    printed = {}
    for line in lines:
        state, recv_q, send_q, local, remote, *words = line.split()
        (here, mapped), (there, _) = _endpoint(local), _endpoint(remote)
        found = Printed(parse_state(state), (int(recv_q), int(send_q)), here, there, mapped, " ".join(words))
        printed[found.number("sk", 16)] = found
    return printed


def ss(ports: set[int]) -> dict[int, Printed]:
    """By cookie, the sockets that have one of `ports`."""
    found = parse(subprocess.run(SS, capture_output=True, text=True, check=True).stdout.splitlines())
    return {cookie: printed for cookie, printed in found.items() if {printed.local.port, printed.remote.port} & ports}
