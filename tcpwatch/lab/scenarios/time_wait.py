"""Short connections one after the other, until every port is in TIME-WAIT.

Watch the countdown: the end that closes first keeps the four-tuple for 2MSL (60 s on Linux), so that stragglers die
before it is used anew. A client that churns runs out of ports; it should keep its connections, not shorten the wait.
"""

import errno
import os
import socket

from tcpwatch.lab.address import HOST
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import FOUR_WAY_CLOSE, Stage, set_sysctl

PORTS = 8
FIRST_PORT = 50_000 + os.getpid() % 1_000 * PORTS  # played again, it finds none of the last time in TIME-WAIT

SCENARIO = Scenario(
    order=100,
    name="time-wait",
    title="short connections until no port is left",
    lessons=(21,),
    private=True,
)


def play(stage: Stage) -> None:
    """Visit until there is no port left to come from."""
    set_sysctl("ip_local_port_range", f"{FIRST_PORT} {FIRST_PORT + PORTS - 1}")
    set_sysctl("tcp_tw_reuse", "0")
    stage.now("A server listens; its clients have {ports} ports to come from.", states=("LISTEN",), ports=PORTS)
    listener = stage.listen()
    stage.now(
        "Visits, one after the other, the client closing first: each leaves a TIME-WAIT that lasts 60 s.",
        states=("TIME-WAIT",),
        steps=FOUR_WAY_CLOSE,
    )
    for _ in range(PORTS):
        short_connection(stage, listener)
    stage.now("One visit more: connect() fails, for every port to that server still waits.")
    with socket.socket() as client:
        if client.connect_ex((HOST, stage.port)) == errno.EADDRNOTAVAIL:
            stage.now("connect() said: cannot assign requested address.")


def short_connection(stage: Stage, listener: socket.socket) -> None:
    """One connection, which leaves TIME-WAIT at the client's end."""
    with socket.socket() as client:
        client.connect((HOST, stage.port))
        server, _ = listener.accept()
        client.shutdown(socket.SHUT_WR)
        stage.wait()
        server.close()
        client.recv(1)
