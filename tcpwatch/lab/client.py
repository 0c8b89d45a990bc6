"""Clients of the echo server: `python -m tcpwatch.lab.client --port 9999`, until standard input ends.

Four connections, each in a situation worth looking at:

    half-closed  said all it had to say and waits for the server's FIN     FIN-WAIT-2, one echo unread
    idle         opened and never used                                     ESTABLISHED
    talking      sends a message now and then and reads its echo           ESTABLISHED
    visit        opened, one message, closed; another now and then         TIME-WAIT
"""

import argparse
import socket
import sys
import time
from itertools import count
from threading import Thread
from typing import Self

from tcpwatch.lab import child
from tcpwatch.lab.address import HOST, PORT
from tcpwatch.lab.messages import encode_message, read_messages

TEXT = "HELLOWORLD"
BEAT_S = 2.5
VISIT_BEATS = 8  # a visit every 20 s: three connections in TIME-WAIT, which lasts 60 s on Linux


class Client:
    """One connection to the echo server; a context manager that closes it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port))
        self._echoes = read_messages(self._socket.recv)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, text: str) -> None:
        """Send one message."""
        self._socket.sendall(encode_message(text))

    def receive(self) -> str | None:
        """The next message of the server; None where it has ended its side."""
        return next(self._echoes, None)

    def wait(self) -> None:
        """Wait until there is something to read, and leave it unread."""
        self._socket.recv(1, socket.MSG_PEEK)

    def half_close(self) -> None:
        """End this side: the FIN goes out, the server may still send."""
        self._socket.shutdown(socket.SHUT_WR)


def visit(port: int) -> None:
    """A connection from the first SYN to the last ACK. This end closes first, so TIME-WAIT is its to keep."""
    with Client(port) as client:
        client.send(TEXT)
        client.receive()
        client.half_close()
        client.receive()


class Guests:
    """The four connections. OSError where the server is not there."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._half_closed = Client(port)
        self._half_closed.send(TEXT)
        self._half_closed.wait()
        self._half_closed.half_close()
        self._idle = Client(port)
        self._talking = Client(port)
        self._talk()
        visit(port)

    def stay(self) -> None:
        """Talk at every beat and come for a visit now and then, for as long as the server is there."""
        for beat in count(1):
            time.sleep(BEAT_S)
            self._talk()
            if beat % VISIT_BEATS == 0:
                visit(self._port)

    def _talk(self) -> None:
        self._talking.send(TEXT)
        self._talking.receive()


def main() -> int:
    """Bring the four situations about and keep them until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tcpwatch.lab.client", description="Clients of the echo server.")
    parser.add_argument("--port", type=int, default=PORT)
    options = parser.parse_args()
    return child.run_until_input_ends(
        "tcpwatch-client", lambda: Thread(target=Guests(options.port).stay, daemon=True).start()
    )


if __name__ == "__main__":
    sys.exit(main())
