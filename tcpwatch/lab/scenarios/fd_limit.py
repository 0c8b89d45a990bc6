"""A server that never closes, until its process may open no more: accept() fails, and clients hang.

Watch the listener: its queue fills although the program runs and calls accept(), which says EMFILE each time. To its
clients it looks like a server that has stopped: connected at first, then not even that. CLOSE-WAIT tells who holds the
descriptors.
"""

import socket

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.servers import BACKLOG, MAY_OPEN, NO_MORE
from tcpwatch.lab.stage import OPENING, Stage

ROOM = BACKLOG + 1  # Linux lets one more in than listen() asks for
SYN_AGAIN_S = 1.2

SCENARIO = Scenario(
    order=280,
    name="fd-limit",
    title="a leak that ends at the limit of open files",
    lessons=(18, 26),
)


def play(stage: Stage) -> None:
    """Leak until nothing can be opened, then wait in the queue, then before it."""
    stage.now(
        "A server listens. Its process may have {limit} files open (RLIMIT_NOFILE), and it never closes a connection.",
        states=("LISTEN",),
        limit=MAY_OPEN,
    )
    server = stage.start("servers", "--hoards", "--port", str(stage.port))
    stage.now(
        "Clients come and close. Each leaves a CLOSE-WAIT behind, and with it a file descriptor that stays in use.",
        states=("CLOSE-WAIT", "FIN-WAIT-2"),
        steps=(*OPENING, "1/4 FIN", "2/4 ACK"),
    )
    said: list[str] = []
    while NO_MORE not in said and len(stage.opened) < MAY_OPEN:
        stage.connect().shutdown(socket.SHUT_WR)
        stage.wait()
        said += server.new_lines()
    stage.now(
        "The last one is taken: accept() says {error}. {room} clients more are ESTABLISHED, and nobody serves them.",
        states=("ESTABLISHED",),
        error=NO_MORE,
        room=ROOM,
    )
    for _ in range(ROOM):
        stage.connect()
    stage.now(
        "The queue is full as well: the SYN of one client more is dropped and comes again.",
        states=("SYN-SENT",),
        analysis=("retransmission",),
    )
    stage.begin_connect()
    stage.wait(SYN_AGAIN_S)
    stage.now("A higher limit would only put it off. What ends it is close(), in the program.")
