"""One connection from the first SYN to TIME-WAIT, slowly.

Watch the two states beside each segment: who sends moves first, who receives follows. SYN and FIN each take one
sequence number, an ACK takes none; relative numbers show it (0, 1, 1+14, ...), `r` shows the real ones.
"""

import socket

from tcpwatch.lab.messages import encode_message
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, Stage

SCENARIO = Scenario(
    order=10,
    name="handshake",
    title="one connection, from SYN to TIME-WAIT",
    lessons=(1, 2, 3, 4, 5, 6, 10, 13, 14, 15, 33, 34, 35),
)


def play(stage: Stage) -> None:
    """Open, one message each way, close."""
    stage.now("A server listens on port {port} and waits for a SYN.", states=("LISTEN",), port=stage.port)
    listener = stage.listen()
    stage.now(
        "A client connects. 1/3: its SYN names the number it counts from. 2/3: the server's SYN-ACK names its own. "
        "3/3: the client's ACK, and both are ESTABLISHED, the client first.",
        states=("SYN-SENT", "SYN-RECEIVED", "ESTABLISHED"),
        steps=OPENING,
    )
    client, server = stage.pair(listener)
    stage.now("The client sends 14 bytes, 1 to 14; the server acknowledges 15, the next one it expects.")
    client.sendall(encode_message("HELLOWORLD"))
    stage.wait()
    stage.now("The server answers, with numbers of its own: both directions count for themselves.")
    server.sendall(server.recv(100))
    stage.now(
        "The client has no more to say: FIN. The server's kernel acknowledges at once, its program has yet to notice.",
        states=("FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"),
        steps=("1/4 FIN", "2/4 ACK"),
    )
    client.shutdown(socket.SHUT_WR)
    stage.now(
        "The server closes too: its FIN, and the last ACK. The client, who closed first, waits in TIME-WAIT.",
        states=("LAST-ACK", "TIME-WAIT", "CLOSED"),
        steps=("3/4 FIN", "4/4 ACK"),
    )
    server.close()
