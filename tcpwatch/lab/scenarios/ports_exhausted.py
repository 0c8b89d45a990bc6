"""Every local port towards one server is taken, by open connections and by TIME-WAIT: connect() fails at once.

Watch what is not there: no SYN leaves, so the wire shows nothing of the failure; the program alone hears of it
(EADDRNOTAVAIL). The limit is for one source address, destination address and destination port: to another server the
same ports are free.
"""

import errno
import os
import socket

from tcpwatch.lab.address import HOST
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import FOUR_WAY_CLOSE, OPENING, Stage, set_sysctl

PORTS = 8
KEPT = 5
FIRST_PORT = 58_000 + os.getpid() % 900 * PORTS  # played again, it finds none of the last time in TIME-WAIT
OTHER_SERVER = "127.0.0.2"

SCENARIO = Scenario(
    order=270,
    name="ports-exhausted",
    title="no local port left towards one server",
    lessons=(21,),
    private=True,
)


def play(stage: Stage) -> None:
    """Keep some ports, leave the others in TIME-WAIT, ask for one more."""
    set_sysctl("ip_local_port_range", f"{FIRST_PORT} {FIRST_PORT + PORTS - 1}")
    set_sysctl("tcp_tw_reuse", "0")
    stage.now(
        "A server listens; whoever connects to it has {ports} local ports to come from.",
        states=("LISTEN",),
        ports=PORTS,
    )
    listener, other = stage.listen(), stage.bound(stage.port, OTHER_SERVER)
    other.listen()
    stage.now(
        "{kept} connections are opened, and kept: a pool that is larger than it need be.",
        states=("ESTABLISHED",),
        steps=OPENING,
        kept=KEPT,
    )
    for _ in range(KEPT):
        stage.keep(socket.create_connection((HOST, stage.port)), stage.accept(listener))
    stage.now(
        "{short} are opened and closed: their ports stay taken too, in TIME-WAIT for 60 s.",
        states=("TIME-WAIT",),
        steps=FOUR_WAY_CLOSE,
        short=PORTS - KEPT,
    )
    for _ in range(PORTS - KEPT):
        visit(stage, listener)
    stage.now("One more: no port is left, and no SYN leaves. The server never hears of it.")
    with socket.socket() as client:
        if client.connect_ex((HOST, stage.port)) == errno.EADDRNOTAVAIL:
            stage.now(
                "connect() said EADDRNOTAVAIL. Another server, {other}, is reached from the same ports.",
                other=OTHER_SERVER,
            )
    stage.keep(socket.create_connection((OTHER_SERVER, stage.port)), stage.accept(other))


def visit(stage: Stage, listener: socket.socket) -> None:
    """One short connection, closed by the client first."""
    with socket.create_connection((HOST, stage.port)) as client:
        server = stage.accept(listener)
        client.shutdown(socket.SHUT_WR)
        stage.wait()
        server.close()
        client.recv(1)
