"""SYNs by the dozen, from senders that never answer: the half-open queue fills, and an honest client stays out.

Watch SYN-RECEIVED grow up to the backlog and no further. With SYN cookies the server keeps nothing in step two: it puts
all it must know into its sequence number, and the honest client gets in. Bounded: 24 SYNs at a time, on a loopback of
its own.
"""

import random
import socket

from tcpwatch.lab.raw import Flag, RawSegment, RawWire
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import SYN_AGAIN_S, Stage, set_sysctl

BACKLOG = 8
SYNS = 24
SILENT_PORT = 40_000
EVERY_ADDRESS = "0.0.0.0"
FEW_TRIES = 2  # it gives up before the queue has forgotten the flood, which takes 7 s when it is half full

SCENARIO = Scenario(
    order=190,
    name="syn-flood",
    title="a half-open queue filled up, without and with SYN cookies",
    lessons=(26, 27),
    private=True,
    by_hand=(SILENT_PORT,),
)


def play(stage: Stage) -> None:
    """The flood without cookies, then with them."""
    set_sysctl("tcp_syncookies", "0")
    stage.now(
        "A server listens, with room for {room} connections; SYN cookies are off.", states=("LISTEN",), room=BACKLOG
    )
    listener = stage.listen(BACKLOG)
    stage.deaf_listener(SILENT_PORT, EVERY_ADDRESS)
    stage.now(
        "{syns} SYNs come from {syns} addresses: some get a SYN-ACK and a place in the queue, the rest is dropped. So "
        "is the SYN of an honest client, again and again.",
        states=("SYN-RECEIVED", "SYN-SENT"),
        steps=("1/3 SYN", "2/3 SYN-ACK"),
        syns=SYNS,
    )
    flood(stage.port, wave=1)
    client = stage.bound()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, FEW_TRIES)
    stage.begin_connect(client)
    stage.wait(SYN_AGAIN_S)
    stage.now(
        "SYN cookies on, and more of the flood: a SYN is answered, but SYN-RECEIVED is kept nowhere but in the number "
        "that goes out. The next client is in.",
        states=("ESTABLISHED",),
        steps=("3/3 ACK",),
    )
    set_sysctl("tcp_syncookies", "1")
    flood(stage.port, wave=2)
    stage.connect()
    stage.accept(listener)


def flood(port: int, wave: int) -> None:
    """A bounded number of SYNs, each from an address of its own."""
    wire = RawWire()
    for host in range(1, SYNS + 1):
        wire.send(RawSegment(SILENT_PORT, port, random.getrandbits(32), 0, Flag.SYN, source=f"127.0.{wave}.{host}"))
    wire.close()
