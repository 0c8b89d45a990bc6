"""One direction closed, the other still open: the server goes on sending in CLOSE-WAIT.

Watch the data after step 2/4. A FIN says "I send no more", not "I hear no more": the client asked, ended its side, and
still receives all of the answer in FIN-WAIT-2.
"""

import socket

from tcpwatch.lab.messages import encode_message
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import FOUR_WAY_CLOSE, OPENING, Stage

SCENARIO = Scenario(
    order=70,
    name="half-close",
    title="one direction closed, data in the other",
    lessons=(17, 25),
)


def play(stage: Stage) -> None:
    """A question, a FIN, an answer in three parts, the other FIN."""
    stage.now("A client connects and asks.", states=("LISTEN", "ESTABLISHED"), steps=OPENING)
    client, server = stage.pair(stage.listen())
    client.sendall(encode_message("HOW MANY?"))
    server.recv(100)
    stage.now(
        "The client ends its side: FIN, ACK. The connection is half closed.",
        states=("FIN-WAIT-2", "CLOSE-WAIT"),
        steps=FOUR_WAY_CLOSE[:2],
    )
    client.shutdown(socket.SHUT_WR)
    stage.now("The server takes its time and sends three messages in CLOSE-WAIT; the client receives them.")
    for text in ("ONE", "TWO", "THREE"):
        server.sendall(encode_message(text))
        stage.wait(min(stage.pace_s / 3, 1))
        client.recv(100)
    stage.now(
        "Now the server is done: steps 3/4 and 4/4. What lies between 2/4 and 3/4 is the program's own time.",
        states=("TIME-WAIT",),
        steps=FOUR_WAY_CLOSE[2:],
    )
    server.close()
