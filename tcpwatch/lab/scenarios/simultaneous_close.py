"""Both ends close at the same moment, and their FINs cross: CLOSING.

Watch the state that hardly anybody sees. Each FIN arrives where a FIN was sent but not yet acknowledged. To hold the
moment, the server's end loses what arrives for a while.
"""

import socket

from tcpwatch.lab.loss import drop_incoming, let_through
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage

SCENARIO = Scenario(
    order=80,
    name="simultaneous-close",
    title="two FINs cross: CLOSING",
    lessons=(36,),
)


def play(stage: Stage) -> None:
    """Two FINs on their way at once."""
    stage.now("A client is connected.", states=("ESTABLISHED",))
    client, server = stage.pair(stage.listen())
    drop_incoming(server)
    stage.now("The client closes; its FIN does not reach the server yet.", states=("FIN-WAIT-1",), steps=("1/4 FIN",))
    client.shutdown(socket.SHUT_WR)
    stage.now(
        "The server closes at the same moment: its FIN meets a client in FIN-WAIT-1, which goes to CLOSING.",
        states=("CLOSING", "FIN-WAIT-1"),
        soon=True,
    )
    server.shutdown(socket.SHUT_WR)
    stage.wait()
    stage.now(
        "The client's FIN, sent again, comes through: both have FIN and ACK, and both wait in TIME-WAIT.",
        states=("TIME-WAIT",),
        soon=True,
    )
    let_through(server)
    stage.wait_until(client, "CLOSED")
