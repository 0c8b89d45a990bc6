"""Servers whose fault takes a process of its own: `python -m tcpwatch.lab.servers --hoards`, until its input ends.

`--hoards` never closes a connection, and may have few files open. `--leaves-heir` has started a worker that holds its
listener, and is killed by the scenario: the worker stays until its input ends, which it shares.
"""

import argparse
import errno
import os
import socket
import sys
import time
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from threading import Thread

from tcpwatch.lab import child
from tcpwatch.lab.address import HOST, PORT

MAY_OPEN = 10
BACKLOG = 1
NO_MORE = "EMFILE"
TRIES_AGAIN_S = 0.2
BYTES_AT_ONCE = 4_096


def hoard(port: int) -> None:
    """Listen, accept, read each client to its end, and forget it."""
    setrlimit(RLIMIT_NOFILE, (MAY_OPEN, getrlimit(RLIMIT_NOFILE)[1]))
    listener = socket.create_server((HOST, port), backlog=BACKLOG)
    Thread(target=accept_all, args=(listener,), daemon=True).start()


def accept_all(listener: socket.socket) -> None:
    """Accept as long as it is possible; say so once when it no longer is, and go on trying, as servers do."""
    hoarded: list[socket.socket] = []
    told = False
    while True:
        try:
            hoarded.append(listener.accept()[0])
        except OSError as error:
            if not told:
                child.send_line(errno.errorcode[error.errno or 0])
            told = True
            time.sleep(TRIES_AGAIN_S)
        else:
            while hoarded[-1].recv(BYTES_AT_ONCE):
                pass


def leave_heir(port: int) -> None:
    """Listen, and start a worker that inherits the listener and never accepts."""
    listener = socket.create_server((HOST, port))
    if os.fork() == 0:
        while os.read(sys.stdin.fileno(), BYTES_AT_ONCE):
            pass
        os._exit(0)
    Thread(target=listener.accept, daemon=True).start()


def main() -> int:
    """Be the server that is asked for; the exit status is the errno where the port cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m tcpwatch.lab.servers", description="A server with a fault.")
    parser.add_argument("--port", type=int, default=PORT)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--hoards", dest="serve", action="store_const", const=hoard)
    kind.add_argument("--leaves-heir", dest="serve", action="store_const", const=leave_heir)
    options = parser.parse_args()
    return child.run_until_input_ends("tcpwatch-server", lambda: options.serve(options.port), needs=child.TO_LISTEN)


if __name__ == "__main__":
    sys.exit(main())
