"""A SYN from the past, and why the handshake takes three steps.

Watch the third segment: the client never asked, so its kernel answers the SYN-ACK by RST, and the server forgets the
half-open connection. With two steps the server would now be ESTABLISHED, waiting for data that never comes.
"""

from tcpwatch.lab.raw import Flag, RawSegment, RawWire
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, Stage

OLD_ISN = 1_000_000
FORGOTTEN_PORT = 41_000

SCENARIO = Scenario(
    order=170,
    name="stale-syn",
    title="a SYN from the past: why three",
    lessons=(24, 38),
    by_hand=(FORGOTTEN_PORT,),
)


def play(stage: Stage) -> None:
    """A late SYN of a client that has gone, then a real one."""
    stage.now("A server listens.", states=("LISTEN",))
    listener = stage.listen()
    stage.now(
        "A SYN arrives that was sent long ago: the server answers SYN-ACK, the client's kernel RST.",
        states=("SYN-RECEIVED",),
        steps=("1/3 SYN", "2/3 SYN-ACK", "RST"),
    )
    wire = RawWire()
    wire.send(RawSegment(FORGOTTEN_PORT, stage.port, OLD_ISN, 0, Flag.SYN))
    wire.close()
    stage.now(
        "The server listens on as if nothing had been. A real client connects.", states=("ESTABLISHED",), steps=OPENING
    )
    stage.pair(listener)
