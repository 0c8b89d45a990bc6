"""An echo server: `python -m tcpwatch.lab.server --port 9999`, until standard input ends.

One thread for each connection reads messages and sends them back. When the client has ended its side, a good server
closes its own. With `--forget-first` this one forgets to, for the first connection, and the kernel keeps that in
CLOSE-WAIT for as long as the program lives.
"""

import argparse
import socket
import sys
import time
from contextlib import suppress
from threading import Thread

from tcpwatch.lab import child
from tcpwatch.lab.address import HOST, PORT
from tcpwatch.lab.messages import MessageError, encode_message, read_messages

# Programs have something to do before they close. Linux acknowledges a FIN within 40 ms (TCP_DELACK_MIN) and otherwise
# lets the ACK ride on the server's own FIN: with this pause all four steps of the close can be seen.
TIDY_UP_S = 0.1


def echo(connection: socket.socket) -> None:
    """Send every message back, until the client ends its side."""
    for text in read_messages(connection.recv):
        connection.sendall(encode_message(text))


def serve(connection: socket.socket) -> None:
    """Echo, then close: also where the client broke off, or sent what is no message."""
    with connection, suppress(ConnectionError, MessageError):
        echo(connection)
        time.sleep(TIDY_UP_S)


class EchoServer:
    """A listening socket on loopback. OSError where the port cannot be had."""

    def __init__(self, port: int, *, forget_first: bool = False) -> None:
        self._listener = socket.create_server((HOST, port))
        self._forget_next = forget_first
        self._forgotten: list[socket.socket] = []

    def serve_forever(self) -> None:
        """Accept connections, each into a thread of its own."""
        while True:
            connection, _ = self._listener.accept()
            work = self._serve_and_forget if self._forget_next else serve
            self._forget_next = False
            Thread(target=work, args=(connection,), daemon=True).start()

    def _serve_and_forget(self, connection: socket.socket) -> None:
        self._forgotten.append(connection)  # still in use, as far as Python can know: the leak
        with suppress(ConnectionError, MessageError):
            echo(connection)


def main() -> int:
    """Serve until standard input ends; the exit status is the errno where the port cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m tcpwatch.lab.server", description="A length-prefixed echo server.")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--forget-first", action="store_true", help="never close the first connection")
    options = parser.parse_args()

    def listen() -> None:
        server = EchoServer(options.port, forget_first=options.forget_first)
        Thread(target=server.serve_forever, daemon=True).start()

    return child.run_until_input_ends("tcpwatch-server", listen, needs=child.TO_LISTEN)


if __name__ == "__main__":
    sys.exit(main())
