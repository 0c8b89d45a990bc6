"""A reader that stops reading: the window closes, and the sender asks again and again whether there is room.

Watch the window in the server's ACKs shrink to 0, the persist timer at the client, and the window_update when the
program reads again. The window is room in the receiver's buffer, nothing else. Linux probes with a number that was
acknowledged long ago, which on the wire is a keep_alive.
"""

import socket
from contextlib import suppress

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage

RECEIVER_BUFFER_BYTES = 8_192
SENDER_BUFFER_BYTES = 16_384
PROBES_S = 1.0
DRAINED_S = 1.0  # without a byte more

SCENARIO = Scenario(
    order=230,
    name="zero-window",
    title="a reader that stops, and reads again",
    lessons=(11,),
)


def play(stage: Stage) -> None:
    """Fill the receiver's buffer, wait, drain it."""
    stage.now("A client is connected to a server with a small receive buffer.", states=("ESTABLISHED",))
    listener = stage.bound(stage.port)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVER_BUFFER_BYTES)
    listener.listen()
    client, server = stage.pair(listener)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENDER_BUFFER_BYTES)
    client.setblocking(False)
    stage.now(
        "The server does not read. The client sends until the window is full, then 0; it probes, and waits.",
        analysis=("zero_window", "window_full", "keep_alive"),
    )
    with suppress(BlockingIOError):
        while True:
            client.send(bytes(RECEIVER_BUFFER_BYTES))
    stage.wait(PROBES_S)
    stage.now("The server reads: room again, and a window_update says so. The rest flows.", analysis=("window_update",))
    server.settimeout(DRAINED_S)
    with suppress(TimeoutError):
        while server.recv(65_536):
            pass
