"""A server that does not accept(): its queue of finished handshakes fills up.

Watch the listener's Recv-Q: connections that are ESTABLISHED for the kernel, and that no program has taken. When it is
full the next SYN is dropped, and that client waits in SYN-SENT, as if a firewall stood between.
"""

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, SYN_AGAIN_S, Stage

BACKLOG = 1
ROOM = BACKLOG + 1  # Linux lets one more in than listen() asks for

SCENARIO = Scenario(
    order=200,
    name="accept-queue-full",
    title="a server that does not accept()",
    lessons=(26,),
)


def play(stage: Stage) -> None:
    """Fill the queue, knock once more, make room."""
    stage.now("A server listens with a backlog of {backlog}, and does not accept.", states=("LISTEN",), backlog=BACKLOG)
    listener = stage.listen(BACKLOG)
    stage.now(
        "{room} clients connect: ESTABLISHED, but no program has them.",
        states=("ESTABLISHED",),
        steps=OPENING,
        room=ROOM,
    )
    for _ in range(ROOM):
        stage.connect()
    stage.now(
        "One client more: its SYN is dropped and comes again.",
        states=("SYN-SENT",),
        analysis=("retransmission",),
    )
    late = stage.begin_connect()
    stage.wait(SYN_AGAIN_S)
    stage.now("The server accepts: there is room, and the next SYN is answered.")
    for _ in range(ROOM):
        stage.accept(listener)
    stage.wait_until(late, "ESTABLISHED")
