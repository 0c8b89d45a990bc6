"""Programs that get into trouble, or nearly: each is one function, and runs for as long as its input is open.

    python -m tests.e2e.situations NAME

`servers` and `clients` run on the other host, which has the addresses from THERE on, with a server or a client for
each of the others, which are at HERE. Each has a port in `PORTS`. One that begins with `fine` is a near miss.
"""

import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

HERE, THERE, NET = "10.99.0.1", "10.99.0.2", "10.99"
CROWD = 24  # addresses of the other host
SMALL, LARGE = b"x" * 100, b"x" * 400_000
SHORT_S = 0.05
PAUSE_S = 2.0
LONG_S = 60.0

NFT_ADD = ("nft", "add", "rule", "inet", "verdicts")

Kept = list[socket.socket]


def listening(name: str, backlog: int = 128, host: str = "") -> socket.socket:
    """A listener on the port of a situation."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, PORTS[name]))
    listener.listen(backlog)
    return listener


def connected(name: str, host: str, waits: bool = True) -> socket.socket:
    """A client of the situation's server; where it does not wait, perhaps not connected yet."""
    client = socket.socket()
    client.setblocking(waits)
    with suppress(BlockingIOError):
        client.connect((host, PORTS[name]))
    return client


def fill(writer: socket.socket) -> None:
    """Write until nothing more is taken."""
    writer.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            writer.send(LARGE)


def drop(*words: str) -> None:
    """Drop what comes in and is like this."""
    subprocess.run([*NFT_ADD, "in", *words, "drop"], check=True)


def ready() -> None:
    """Say that the situation is there."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def over(seconds: float) -> bool:
    """Whether the input has been closed, within this time."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


# What happens at the end that is watched.


def peer_window_shut() -> Kept:
    client = connected("peer_window_shut", THERE)
    fill(client)
    return [client]


def receive_window_shut() -> Kept:
    listener = listening("receive_window_shut")
    ready()
    server, _ = listener.accept()
    return [listener, server]


def both_ends_here() -> Kept:
    listener = listening("both_ends_here")
    client = connected("both_ends_here", "127.0.0.1")
    server, _ = listener.accept()
    fill(client)
    return [listener, server, client]


def retransmitting() -> Kept:
    client = connected("retransmitting", THERE)
    client.send(SMALL)
    client.recv(100)
    drop("tcp", "sport", str(PORTS["retransmitting"]))
    client.send(SMALL)
    return [client]


def path_mtu() -> Kept:
    client = connected("path_mtu", THERE)
    client.send(SMALL)
    client.recv(100)
    client.send(b"x" * 8_000)
    return [client]


def syn_unanswered() -> Kept:
    return [connected("syn_unanswered", THERE, waits=False)]


def half_open() -> Kept:
    return [listening("half_open")]


def syn_flood() -> Kept:
    return [listening("syn_flood", backlog=8)]


def deferred_accept() -> Kept:
    listener = listening("deferred_accept")
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
    return [listener]


def not_accepted() -> Kept:
    return [listening("not_accepted")]


def accept_queue_full() -> Kept:
    return [listening("accept_queue_full", backlog=1)]


def corked() -> Kept:
    client = connected("corked", THERE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    ready()
    while not over(0.001):
        client.send(b"x")
    return [client]


def dead_peer() -> Kept:
    client = connected("dead_peer", THERE)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 60)):
        client.setsockopt(socket.IPPROTO_TCP, option, value)
    drop("tcp", "sport", str(PORTS["dead_peer"]))
    return [client]


# Near misses at that end.


def fine_writer() -> Kept:
    """Its peer pauses now and then."""
    client = connected("fine_writer", THERE)
    client.setblocking(False)
    ready()
    while not over(SHORT_S):
        with suppress(BlockingIOError):
            client.send(LARGE)
    return [client]


def fine_reader() -> Kept:
    """It pauses now and then."""
    listener = listening("fine_reader")
    ready()
    server, _ = listener.accept()
    server.setblocking(False)
    while not over(PAUSE_S):
        with suppress(BlockingIOError):
            while server.recv(len(LARGE)):
                pass
    return [listener, server]


def fine_half_close() -> Kept:
    """The peer has closed its direction, and takes what this end still sends."""
    client = connected("fine_half_close", THERE)
    ready()
    while not over(SHORT_S):
        client.send(SMALL)
    return [client]


def fine_loss() -> Kept:
    """One or two retransmissions, and then the ACK comes."""
    client = connected("fine_loss", THERE)
    ready()
    client.send(SMALL)
    client.recv(100)
    while not over(1):
        subprocess.run([*NFT_ADD, "loss", "tcp", "sport", str(PORTS["fine_loss"]), "drop"], check=True)
        client.send(SMALL)
        time.sleep(0.5)
        subprocess.run(["nft", "flush", "chain", "inet", "verdicts", "loss"], check=True)
    return [client]


def fine_bulk() -> Kept:
    """As fast as it can."""
    client = connected("fine_bulk", THERE)
    ready()
    until = time.monotonic() + 20
    while time.monotonic() < until and not over(SHORT_S / 5):
        client.send(LARGE)
    return [client]


def fine_slow_accept() -> Kept:
    """It takes its time for each client, and there is always another."""
    listener = listening("fine_slow_accept")
    kept = [listener]
    ready()
    while not over(0.5):
        kept.append(listener.accept()[0])
    return kept


HERE_DO: tuple[Callable[[], Kept], ...] = (
    *(peer_window_shut, receive_window_shut, both_ends_here, retransmitting, path_mtu, syn_unanswered, half_open),
    *(syn_flood, deferred_accept, not_accepted, accept_queue_full, corked, dead_peer),
    *(fine_writer, fine_reader, fine_half_close, fine_loss, fine_bulk, fine_slow_accept),
)
NAMES = tuple(do.__name__ for do in HERE_DO)
PORTS = {name: 8101 + place for place, name in enumerate((*NAMES, "node_does_not_read"))}
NODE = """
const server = require("net").createServer({pauseOnConnect: true}, socket => { server.kept = socket; });
server.listen(PORT, () => console.log("ready"));
""".replace("PORT", str(PORTS["node_does_not_read"]))


# What happens at the other end.


def serve(name: str, take: Callable[[socket.socket], None]) -> None:
    """Accept one client, and do this with it."""
    listener = listening(name, host=THERE)
    Thread(target=lambda: take(listener.accept()[0]), daemon=True).start()


def never_read(server: socket.socket) -> None:
    over(LONG_S)
    server.close()


def read(server: socket.socket, pause_s: float = 0) -> None:
    """All that comes, the first of it with an answer; sooner or later."""
    server.send(server.recv(len(SMALL)))
    server.setblocking(False)
    while True:
        select.select([server], [], [])
        time.sleep(pause_s)
        with suppress(BlockingIOError):
            while server.recv(len(LARGE)):
                pass


def read_with_pauses(server: socket.socket) -> None:
    read(server, PAUSE_S)


def close_one_direction(server: socket.socket) -> None:
    server.shutdown(socket.SHUT_WR)
    while server.recv(len(LARGE)):
        pass


def write(name: str) -> None:
    """To a server that there may not be."""
    try:
        client = connected(name, HERE)
    except ConnectionRefusedError:
        return
    while not over(SHORT_S):
        client.send(LARGE)


def knock(name: str, times: int, pause_s: float = 0) -> None:
    """Connect again and again, each from another address."""
    kept = []
    for place in range(times):
        client = socket.socket()
        client.setblocking(False)
        client.bind((f"{NET}.0.{2 + place % CROWD}", 0))
        with suppress(BlockingIOError):
            client.connect((HERE, PORTS[name]))
        kept.append(client)
        time.sleep(pause_s)
    over(LONG_S)
    del kept


SERVERS = {
    peer_window_shut: never_read,
    retransmitting: read,
    path_mtu: read,
    corked: read,
    dead_peer: never_read,
    fine_writer: read_with_pauses,
    fine_half_close: close_one_direction,
    fine_loss: read,
    fine_bulk: read,
}
KNOCKS = {
    half_open: (1,),
    syn_flood: (CROWD,),
    deferred_accept: (3,),
    not_accepted: (2,),
    accept_queue_full: (6,),
    fine_slow_accept: (40, 0.5),
}


def servers() -> None:
    drop("tcp", "dport", str(PORTS["syn_unanswered"]))
    drop("tcp", "dport", str(PORTS["path_mtu"]), "meta", "length", ">", "1000")
    for name in ("half_open", "syn_flood"):
        drop("tcp", "sport", str(PORTS[name]))
    for situation, take in SERVERS.items():
        serve(situation.__name__, take)
    ready()
    over(LONG_S)


def clients() -> None:
    for name in ("receive_window_shut", "fine_reader", "node_does_not_read"):
        Thread(target=write, args=(name,), daemon=True).start()
    for situation, how in KNOCKS.items():
        Thread(target=knock, args=(situation.__name__, *how), daemon=True).start()
    ready()
    over(LONG_S)


def main(name: str) -> None:
    """Do one of them."""
    if name in OTHERS:
        OTHERS[name]()
        return
    kept = next(do for do in HERE_DO if do.__name__ == name)()
    ready()
    over(LONG_S)
    del kept


OTHERS = {"servers": servers, "clients": clients}

if __name__ == "__main__":
    main(sys.argv[1])
