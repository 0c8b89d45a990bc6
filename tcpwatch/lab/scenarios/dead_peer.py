"""A peer that is gone without a word, and the two ends that wait for it: one asks, the other never will.

Watch the timers. No FIN came, so both clients stay ESTABLISHED. With keep-alive a timer runs and the kernel finds out;
without it none does, and the client waits for as long as its program lives. Only sending would tell it, and that takes
about 15 minutes (tcp_retries2).
"""

import socket

from tcpwatch.lab.loss import drop_incoming
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, Stage

TCP_REPAIR = 19  # include/uapi/linux/tcp.h: closed in this mode, a socket is gone and its peer hears nothing
KEEP_ALIVE_OPTIONS = ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 1))
SENT_AGAIN_S = 1.0

SCENARIO = Scenario(
    order=300,
    name="dead-peer",
    title="a peer that is gone, noticed and not noticed",
    lessons=(37,),
    private=True,
)


def play(stage: Stage) -> None:
    """Two connections lose their peer; one of them learns of it."""
    stage.now("Two clients are connected, and both are silent.", states=("LISTEN", "ESTABLISHED"), steps=OPENING)
    listener = stage.listen()
    (trusting, one), (asking, other) = stage.pair(listener), stage.pair(listener)
    stage.now("The server's host loses its power: no FIN, no RST. Both clients stay ESTABLISHED; nobody has told them.")
    drop_incoming(listener)
    for end in (one, other):
        end.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        end.close()
    stage.now(
        "The second turns keep-alive on: after a second it asks, nobody answers, and it gives the connection up.",
        states=("CLOSED",),
        steps=("RST",),
        analysis=("keep_alive",),
    )
    for option, value in KEEP_ALIVE_OPTIONS:
        asking.setsockopt(socket.IPPROTO_TCP, option, value)
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    stage.wait_until(asking, "CLOSED")
    stage.now("The first has no timer. As long as it only waits for the peer to speak, it will never learn.")
    stage.now(
        "It sends at last: sent again after 0.2 s, 0.4 s, 0.8 s, and so on. In 15 minutes its program will be told.",
        analysis=("retransmission",),
    )
    trusting.sendall(b"are you there?")
    stage.wait(SENT_AGAIN_S)
