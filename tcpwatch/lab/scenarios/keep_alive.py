"""Is the other end still there? Probes on an idle connection, and a peer that dies.

Watch the keepalive timer: after a second of silence (two hours, ordinarily) the last byte is asked about once more, and
the peer's kernel answers. When the peer is gone, a few probes later the connection is given up. Without keep-alive, an
idle end would never learn.
"""

import socket

from tcpwatch.lab.loss import drop_incoming
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage

KEEP_ALIVE_OPTIONS = ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 2))
PROBED_S = 2.3

SCENARIO = Scenario(
    order=250,
    name="keep-alive",
    title="probes on an idle connection, and a peer that dies",
    lessons=(37,),
)


def play(stage: Stage) -> None:
    """Two probes answered, then none."""
    stage.now("A client is connected and asks for keep-alive after 1 s of silence.", states=("ESTABLISHED",))
    client, server = stage.pair(stage.listen())
    for option, value in KEEP_ALIVE_OPTIONS:
        client.setsockopt(socket.IPPROTO_TCP, option, value)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    stage.now("Nobody speaks: probes, each answered by the server's kernel.", analysis=("keep_alive", "keep_alive_ack"))
    stage.wait(PROBED_S)
    stage.now(
        "The server is cut off. Two probes go unanswered; the client gives the connection up by RST.",
        states=("CLOSED",),
        steps=("RST",),
    )
    drop_incoming(server)
    stage.wait_until(client, "CLOSED")
