"""The abrupt end: an RST from a program that closed with bytes unread, and one from a program that wished it so.

Watch what is missing: no FIN, no TIME-WAIT, no acknowledgment; both ends are CLOSED at once, and what was under way is
lost. The other program learns of it as "connection reset by peer".
"""

import socket
import struct

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, Stage

ABORT = struct.pack("ii", 1, 0)  # struct linger: on, for 0 s

SCENARIO = Scenario(
    order=140,
    name="reset",
    title="broken off by RST, with bytes unread",
    lessons=(29,),
)


def play(stage: Stage) -> None:
    """Two connections, two ways to break off."""
    stage.now("Two clients connect.", states=("LISTEN", "ESTABLISHED"), steps=OPENING)
    listener = stage.listen()
    unheard, server = stage.pair(listener)
    aborting, _ = stage.pair(listener)
    stage.now(
        "The first sends; the server closes without reading: RST, because bytes were lost.",
        states=("CLOSED",),
        steps=("RST",),
    )
    unheard.sendall(b"is anybody there?")
    stage.wait()
    server.close()
    stage.now("The second client breaks off by itself (SO_LINGER, 0 s): RST in place of FIN.", steps=("RST",))
    aborting.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    aborting.close()
