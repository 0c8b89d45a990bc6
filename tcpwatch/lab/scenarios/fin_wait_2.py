"""The end that closes first, while the other does not: FIN-WAIT-2.

Watch the timer: a program that only shut down its sending side waits without limit, as it may still receive. Where it
has let go of the socket, the kernel waits for a while only (tcp_fin_timeout, here cut to 3 s), then forgets it.
"""

import socket

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage

LINGER_S = 3

SCENARIO = Scenario(
    order=60,
    name="fin-wait-2",
    title="the peer of such a server, with and without an owner",
    lessons=(14, 19),
)


def play(stage: Stage) -> None:
    """One half-closed connection that is held, and one that is let go of."""
    stage.now("Two clients connect.", states=("LISTEN", "ESTABLISHED"))
    listener = stage.listen()
    held, _ = stage.pair(listener)
    orphan, server = stage.pair(listener)
    stage.now(
        "The first ends its sending side and holds on: FIN-WAIT-2 without a timer, CLOSE-WAIT at the server.",
        states=("FIN-WAIT-2", "CLOSE-WAIT"),
        steps=("1/4 FIN", "2/4 ACK"),
    )
    held.shutdown(socket.SHUT_WR)
    stage.now(
        "The second closes for good: FIN-WAIT-2 has no owner now, and the kernel gives it {seconds} s.",
        seconds=LINGER_S,
    )
    orphan.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, LINGER_S)
    orphan.close()
    stage.wait(LINGER_S + 1)
    stage.now("It is forgotten. The server, still in CLOSE-WAIT, sends to nobody and gets an RST.", steps=("RST",))
    server.send(b"anyone?")
