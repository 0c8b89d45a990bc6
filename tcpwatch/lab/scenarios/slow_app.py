"""A program that is too slow: bytes pile up in its receive buffer, unread.

Watch Recv-Q at the server grow with every message. The network is fine, TCP acknowledges everything; the program does
not read. After the FIN, Recv-Q in CLOSE-WAIT is one more than the bytes: the FIN counts until it is read.
"""

import socket

from tcpwatch.lab.messages import encode_message
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import FOUR_WAY_CLOSE, Stage

MESSAGES = 8

SCENARIO = Scenario(
    order=240,
    name="slow-app",
    title="unread bytes pile up in Recv-Q",
    lessons=(20,),
)


def play(stage: Stage) -> None:
    """Send, send, send; close; only then does the server read."""
    stage.now("A client is connected.", states=("LISTEN", "ESTABLISHED"))
    client, server = stage.pair(stage.listen())
    stage.now(
        "The client sends {count} messages of 14 bytes; the server is busy elsewhere and reads none.", count=MESSAGES
    )
    for _ in range(MESSAGES):
        client.sendall(encode_message("HELLOWORLD"))
        stage.wait(min(stage.pace_s / MESSAGES, 1))
    stage.now(
        "The client closes: CLOSE-WAIT with {unread} bytes and the FIN unread.",
        states=("FIN-WAIT-2", "CLOSE-WAIT"),
        steps=FOUR_WAY_CLOSE[:2],
        unread=MESSAGES * 14,
    )
    client.shutdown(socket.SHUT_WR)
    stage.now("At last the server reads all of it, and closes.", states=("TIME-WAIT",), steps=FOUR_WAY_CLOSE[2:])
    while server.recv(100):
        pass
    server.close()
