"""A late segment, and then a new SYN, meet TIME-WAIT.

Watch the second reason for TIME-WAIT: the straggler of the old connection is answered by an ACK and dropped, and cannot
enter a new one. A new SYN from the same port is let in, because its number lies beyond all the old ones.
"""

import socket

from tcpwatch.lab.raw import Flag, RawSegment, RawWire
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import FOUR_WAY_CLOSE, OPENING, Stage

SCENARIO = Scenario(
    order=120,
    name="port-reuse",
    title="a late segment and a new SYN meet TIME-WAIT",
    lessons=(23, 38),
)


def play(stage: Stage) -> None:
    """One connection, its straggler, and its successor on the same four-tuple."""
    wire = RawWire()
    stage.now("A client is connected and sends.", states=("LISTEN", "ESTABLISHED"), steps=OPENING)
    listener = stage.listen()
    client, server = stage.pair(listener)
    port = client.getsockname()[1]
    client.sendall(b"HELLO")
    sent = wire.hear(lambda heard: heard.source_port == port and bool(heard.payload))
    stage.now(
        "The server closes first, so TIME-WAIT is at the server's end.", states=("TIME-WAIT",), steps=FOUR_WAY_CLOSE
    )
    server.recv(100)
    server.shutdown(socket.SHUT_WR)
    stage.wait()
    client.close()
    vanished = stage.deaf_listener(port)
    stage.now(
        "A copy of the client's data arrives late: TIME-WAIT answers with its ACK, and takes nothing.",
        analysis=("spurious_retransmission",),
    )
    wire.send(RawSegment(port, stage.port, sent.seq, sent.ack, Flag.PSH | Flag.ACK, sent.payload))
    stage.now(
        "A new connection from the same port: its SYN counts from beyond the old numbers, and is let in.",
        steps=OPENING,
        analysis=("reused_ports",),
    )
    vanished.close()
    stage.connect(stage.bound(port))
    stage.accept(listener)
    wire.close()
