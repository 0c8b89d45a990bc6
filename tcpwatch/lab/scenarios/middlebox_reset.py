"""An RST that the peer did not send: something between the two had forgotten the connection.

Watch the RST's TTL (57) beside that of the server's other segments (64): it began at another place. The server still
has its end, ESTABLISHED, and has never seen the request. Load balancers and NATs forget what is idle for 60, 240 or
350 s; keep-alive more often than that keeps them from it.
"""

from contextlib import suppress

from tcpwatch.lab.loss import drop_incoming
from tcpwatch.lab.raw import Flag, RawSegment, RawWire
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, Stage

IDLE_S = 1.5
MIDDLEBOX_TTL = 57
REQUEST, ANSWER = b"one more?\n", b"yes\n"

SCENARIO = Scenario(
    order=320,
    name="middlebox-reset",
    title="an RST from something in between",
    lessons=(29,),
)


def play(stage: Stage) -> None:
    """Talk, be silent for too long, talk on."""
    stage.now("A client asks and is answered, over a load balancer.", states=("LISTEN", "ESTABLISHED"), steps=OPENING)
    client, server = stage.pair(stage.listen())
    client.sendall(REQUEST)
    server.recv(len(REQUEST))
    server.sendall(ANSWER)
    client.recv(len(ANSWER))
    stage.now("Then nothing is said. The balancer counts the seconds, forgets the connection, and tells neither end.")
    stage.wait(IDLE_S)
    drop_incoming(server)
    wire = RawWire()
    stage.now(
        "The client asks again on the connection that it has kept. The balancer knows of none and answers RST, in the "
        "server's name: TTL {ttl}, where the server's own segments have 64.",
        states=("CLOSED",),
        steps=("RST",),
        ttl=MIDDLEBOX_TTL,
    )
    client.sendall(REQUEST)
    port = client.getsockname()[1]
    asked = wire.hear(lambda heard: heard.source_port == port and heard.payload == REQUEST)
    wire.send(RawSegment(stage.port, port, asked.ack, 0, Flag.RST), MIDDLEBOX_TTL)
    wire.close()
    with suppress(ConnectionResetError):
        client.recv(len(ANSWER))
    stage.now(
        "The client's program is told: connection reset by peer. The peer did not do it: its end is ESTABLISHED.",
        states=("ESTABLISHED",),
    )
