"""A server is killed, and its port stays taken: a worker that it had started holds the listener, and serves nobody.

Watch who owns the listener: a process whose parent is gone. Clients still connect, since the kernel makes the handshake
by itself, and then wait in the accept queue. The new server cannot listen: address already in use.
"""

import errno
import os
import signal
import socket

from tcpwatch.lab.address import HOST
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, Stage

SCENARIO = Scenario(
    order=350,
    name="inherited-listener",
    title="a dead server's worker holds the port",
    lessons=(26,),
)


def play(stage: Stage) -> None:
    """The server lives, dies, and is missed; the next one finds the port taken."""
    stage.now("A server listens. It has started a worker, which inherited the listening socket.", states=("LISTEN",))
    server = stage.start("servers", "--leaves-heir", "--port", str(stage.port))
    stage.now("The server is killed. Its worker lives on, and with it the listener: the port still answers.")
    os.kill(server.pid, signal.SIGKILL)
    while server.running:
        stage.wait()
    stage.now(
        "Two clients connect: the kernel makes the handshake, ESTABLISHED. Nobody calls accept(); they hang.",
        states=("ESTABLISHED",),
        steps=OPENING,
    )
    for _ in range(2):
        stage.connect().sendall(b"hello?")
    stage.now("The server is started anew and wants its port.")
    with socket.socket() as anew:
        anew.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if refusal(anew, stage.port) == errno.EADDRINUSE:
            stage.now("bind() says EADDRINUSE: the worker must end first, or must close what it inherited.")


def refusal(anew: socket.socket, port: int) -> int | None:
    """The errno of a bind() that fails."""
    try:
        anew.bind((HOST, port))
    except OSError as error:
        return error.errno
    return None
