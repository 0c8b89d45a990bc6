"""The last ACK is lost: the FIN comes again, and TIME-WAIT is there to answer it.

Watch the countdown of TIME-WAIT jump back to 60 s at each repeated FIN. This is the first reason for TIME-WAIT: were
the client gone, its kernel would answer RST, and a good close would look like a failure.
"""

import socket

from tcpwatch.lab.loss import drop_incoming, let_through
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import FOUR_WAY_CLOSE, Stage

NEXT_FIN_S = 1.0

SCENARIO = Scenario(
    order=110,
    name="lost-last-ack",
    title="the FIN comes again, TIME-WAIT answers and begins anew",
    lessons=(22, 38),
)


def play(stage: Stage) -> None:
    """A server that never hears the client's last word, until it does."""
    stage.now("A client is connected.", states=("ESTABLISHED",))
    client, server = stage.pair(stage.listen())
    stage.now("The client closes: FIN, ACK.", states=("FIN-WAIT-2", "CLOSE-WAIT"), steps=FOUR_WAY_CLOSE[:2])
    client.shutdown(socket.SHUT_WR)
    stage.wait()
    drop_incoming(server)
    stage.now(
        "The server closes; the last ACK is lost. Its FIN comes again and again, and TIME-WAIT answers each.",
        states=("LAST-ACK", "TIME-WAIT"),
        steps=FOUR_WAY_CLOSE[2:],
        analysis=("retransmission",),
    )
    server.shutdown(socket.SHUT_WR)
    stage.wait(NEXT_FIN_S)
    stage.now(
        "The next ACK comes through: the server is CLOSED, the client waits 2MSL from now.",
        states=("CLOSED",),
        soon=True,
    )
    let_through(server)
    stage.wait_until(server, "CLOSED")
