"""A program here that does not read what its peer sends: the fault is at this end, and looks like a slow network.

Watch Recv-Q at the client: it grows until the buffer is full, then the client's own kernel announces a window of 0 and
the server may send no more. The server's end shows a full window; the reader's end shows why. Recv-Q falls only when
the program reads.
"""

import socket
from contextlib import suppress

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage

RECEIVE_BUFFER_BYTES = 8_192
SEND_BUFFER_BYTES = 16_384
PIECE_BYTES = 1_024
PROBED_S = 0.8
DRAINED_S = 0.5  # without a byte more

SCENARIO = Scenario(
    order=310,
    name="slow-reader-here",
    title="this end does not read, and shuts its own window",
    lessons=(11,),
)


def play(stage: Stage) -> None:
    """Read, stop, read again, stop for good."""
    stage.now("A client subscribes to what a server sends, and reads each piece.", states=("ESTABLISHED",))
    reader = stage.bound()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    listener = stage.listen()
    stage.connect(reader)
    server = stage.accept(listener)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    server.setblocking(False)
    reader.settimeout(DRAINED_S)
    server.send(bytes(PIECE_BYTES))
    reader.recv(PIECE_BYTES)
    stage.now(
        "The client's program is busy with something else. Pieces arrive, are acknowledged, and pile up in Recv-Q."
    )
    for _ in range(2):
        server.send(bytes(PIECE_BYTES))
        stage.wait()
    stage.now(
        "Its buffer is full: the client's kernel says so by a window of 0. The server may only probe; it is not slow.",
        analysis=("zero_window", "keep_alive"),
    )
    send_until_full(server)
    stage.wait(PROBED_S)
    stage.now(
        "The program reads: Recv-Q falls to 0, the window opens, and what waited flows.", analysis=("window_update",)
    )
    with suppress(TimeoutError):
        while reader.recv(RECEIVE_BUFFER_BYTES):
            pass
    stage.now("It stops once more, and that is how it stays: whoever blames the server looks at the wrong end.")
    send_until_full(server)


def send_until_full(server: socket.socket) -> None:
    """Send until the kernel takes no more."""
    with suppress(BlockingIOError):
        while True:
            server.send(bytes(PIECE_BYTES))
