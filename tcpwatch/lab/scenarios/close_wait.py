"""A server that forgets to close: one more CLOSE-WAIT every second.

Watch the age: no timer runs, because the kernel waits for the program's close() without limit. Recv-Q tells what the
program did: here it read the end of the stream (0) and forgot to close. The other end waits in FIN-WAIT-2.
"""

import socket

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, Stage

LEAKS = 4
LEAK_EVERY_S = 1.0

SCENARIO = Scenario(
    order=50,
    name="close-wait",
    title="a server that forgets to close, one leak a second",
    lessons=(18, 19, 20),
)


def play(stage: Stage) -> None:
    """Clients come, talk and close; the server reads to the end and forgets them."""
    stage.now("A server listens. It has a bug: it never calls close().", states=("LISTEN",))
    listener = stage.listen()
    stage.now(
        "{leaks} clients come, one a second, and close. The kernel acknowledges each FIN, but step 3/4 never comes.",
        states=("CLOSE-WAIT", "FIN-WAIT-2"),
        steps=(*OPENING, "1/4 FIN", "2/4 ACK"),
        leaks=LEAKS,
    )
    for _ in range(LEAKS):
        client, server = stage.pair(listener)
        client.shutdown(socket.SHUT_WR)
        server.recv(1)
        stage.wait(min(LEAK_EVERY_S, stage.pace_s))
    stage.now("Nothing more happens. Only the program can end a CLOSE-WAIT: by close(), or by its own end.")
