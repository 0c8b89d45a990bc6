"""A FIN that does not arrive, in either direction: FIN-WAIT-1, and LAST-ACK.

Watch the retransmit timer: a FIN is data to TCP, kept and sent again until acknowledged. The two states tell which of
the two FINs it is that nobody acknowledges.
"""

import socket

from tcpwatch.lab.loss import lossy
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import FOUR_WAY_CLOSE, Stage

LOST_FOR_S = 0.7

SCENARIO = Scenario(
    order=130,
    name="lost-fin",
    title="FIN-WAIT-1 and LAST-ACK: a FIN nobody acknowledges",
    lessons=(8, 14, 38),
)


def play(stage: Stage) -> None:
    """First the client's FIN is lost, then the server's."""
    stage.now("A client is connected.", states=("ESTABLISHED",))
    client, server = stage.pair(stage.listen())
    stage.now(
        "The client closes and its FIN is lost: FIN-WAIT-1 until it gets through.",
        states=("FIN-WAIT-1",),
        steps=FOUR_WAY_CLOSE[:2],
        analysis=("retransmission",),
    )
    with lossy(server):
        client.shutdown(socket.SHUT_WR)
        stage.wait(LOST_FOR_S)
    stage.wait_until(client, "FIN-WAIT-2")
    stage.now(
        "Now the server closes, and its FIN is lost: LAST-ACK, the client still in FIN-WAIT-2.",
        states=("LAST-ACK", "FIN-WAIT-2"),
        steps=FOUR_WAY_CLOSE[2:],
    )
    with lossy(client):
        server.close()
        stage.wait(LOST_FOR_S)
    stage.wait_until(client, "CLOSED")
