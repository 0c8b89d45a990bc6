"""A program that holds its own bytes back: TCP_CORK lets no segment go that is not full, for 200 ms.

Watch the persist timer and Send-Q at the client: 100 bytes wait although the peer's window has room. Each write comes
200 ms late, and neither the network nor the server is to blame. Taking the cork out sends at once; that is what it is
for: header and body in one segment.
"""

import socket

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage

PIECE = bytes(100)
WRITES = 5
CORK_S = 0.2  # tcp(7)
BETWEEN_S = 0.05
SHOWN_PACES, LONGEST_S = 2, 10

SCENARIO = Scenario(
    order=340,
    name="corked",
    title="100 bytes held back for 200 ms, again and again",
    lessons=(7,),
)


def play(stage: Stage) -> None:
    """Write without the cork, with it, and with it put in and taken out."""
    stage.now("A client is connected. It writes 100 bytes: they leave at once.", states=("ESTABLISHED",))
    client, server = stage.pair(stage.listen())
    write(client, server)
    stage.now(
        "Now with TCP_CORK. {writes} times it writes 100 bytes, and each time they wait for 200 ms.", writes=WRITES
    )
    cork(client, on=True)
    for _ in range(WRITES):
        write(client, server)
        stage.wait(BETWEEN_S)
    stage.now("The cork as it is meant: three writes, then it is taken out. They leave at once, in one segment.")
    for _ in range(3):
        client.sendall(PIECE)
    cork(client, on=False)
    server.recv(3 * len(PIECE))
    stage.now("Without care it goes on like this: 100 bytes that wait, on an idle network with an open window.")
    cork(client, on=True)
    for _ in range(int(min(SHOWN_PACES * stage.pace_s, LONGEST_S) / CORK_S)):
        write(client, server)


def cork(client: socket.socket, *, on: bool) -> None:
    """Put the cork in, or take it out."""
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, int(on))


def write(client: socket.socket, server: socket.socket) -> None:
    """Write 100 bytes, and wait until they have arrived."""
    client.sendall(PIECE)
    server.recv(len(PIECE))
