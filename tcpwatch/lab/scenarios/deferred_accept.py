"""A server that wants to hear of a connection only when there is something to read: TCP_DEFER_ACCEPT.

Watch both ends after the handshake: the client is ESTABLISHED, the server's end still SYN-RECEIVED, because its kernel
ignores the third step until data comes. It is meant so and no fault; but to a client that waits for the server's
greeting it looks like a server that hangs.
"""

import socket

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, Stage

DEFERS_S = 60  # longer than a narrator takes

SCENARIO = Scenario(
    order=330,
    name="deferred-accept",
    title="accepted only when the client has spoken",
    lessons=(2, 3),
)


def play(stage: Stage) -> None:
    """One client that is silent for a while, one that stays silent."""
    stage.now(
        "A server listens with TCP_DEFER_ACCEPT: accept() gives it only clients that have sent something.",
        states=("LISTEN",),
    )
    listener = stage.listen()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFERS_S)
    stage.now(
        "A client connects: all three steps are made, and it is ESTABLISHED. The server's end stays in SYN-RECEIVED.",
        states=("ESTABLISHED", "SYN-RECEIVED"),
        steps=OPENING,
    )
    client = stage.connect()
    stage.now("The client speaks: its first bytes end the handshake, and accept() has them at once.")
    client.sendall(b"HELLO")
    stage.accept(listener).recv(100)
    stage.now(
        "Another connects and waits for a greeting. The server waits for its first word: SYN-RECEIVED, for {seconds} s "
        "or so, and no accept().",
        states=("SYN-RECEIVED",),
        seconds=DEFERS_S,
    )
    stage.connect()
