"""Segments that overtake each other: the receiver puts them in order by their numbers.

Watch the hole between RCV.NXT and what has arrived: the later bytes are kept, but neither acknowledged nor given to the
program. When the first come, all are acknowledged at once. The client is played by hand.
"""

import random

from tcpwatch.lab.raw import Flag, RawSegment, RawWire
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, Stage

FIRST, SECOND = b"HELLO", b"WORLD"
DATA_FLAGS = Flag.PSH | Flag.ACK
PLAYED_PORT = 42_000

SCENARIO = Scenario(
    order=220,
    name="out-of-order",
    title="segments that overtake each other",
    lessons=(9, 38),
    by_hand=(PLAYED_PORT,),
)


def play(stage: Stage) -> None:
    """WORLD, then HELLO."""
    wire = RawWire()
    listener = stage.listen()
    stage.deaf_listener(PLAYED_PORT)
    isn = random.getrandbits(31)

    def send(seq: int, ack: int, flags: Flag, payload: bytes = b"") -> None:
        wire.send(RawSegment(PLAYED_PORT, stage.port, seq, ack, flags, payload))

    stage.now("A client connects.", states=("LISTEN", "ESTABLISHED"), steps=OPENING)
    send(isn, 0, Flag.SYN)
    ack = wire.hear(lambda heard: heard.destination_port == PLAYED_PORT).seq + 1
    stage.wait()  # a long way: what is overtaken on it comes well within a round trip
    send(isn + 1, ack, Flag.ACK)
    server = stage.accept(listener)
    stage.now(
        "{second} arrives before {first}: a hole, which the ACK names by asking for byte 1 again.",
        analysis=("lost_segment", "out_of_order"),
        first=FIRST.decode(),
        second=SECOND.decode(),
    )
    send(isn + 1 + len(FIRST), ack, DATA_FLAGS, SECOND)
    send(isn + 1, ack, DATA_FLAGS, FIRST)
    stage.wait()
    stage.now("The hole is filled; the program reads {heard}.", heard=server.recv(100).decode())
    wire.close()
