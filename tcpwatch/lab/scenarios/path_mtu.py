"""A path that swallows full-size segments and says nothing: small things work, large ones hang.

Watch the lengths: what is sent again and again is full-size, while short segments are acknowledged at once. Ordinarily
the router that cannot pass a datagram says so (ICMP 3/4); here, as behind many a firewall, nothing comes. With
tcp_mtu_probing the kernel tries smaller segments by itself.
"""

import socket

from tcpwatch.lab.loss import drop_larger_than
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage, set_sysctl

MSS = 1_460
FULL_SIZE = MSS - 12  # the timestamps option takes the rest
PASSES_BYTES = 1_300
HEAD, PAGE = b"HTTP/1.1 200 OK\r\n\r\n", bytes(3 * FULL_SIZE)
SENT_AGAIN_S = 0.8
REQUEST = b"GET /page HTTP/1.1\r\n\r\n"

SCENARIO = Scenario(
    order=360,
    name="path-mtu",
    title="full-size segments vanish, small ones pass",
    lessons=(7, 8),
    private=True,
)


def play(stage: Stage) -> None:
    """A page that does not fit, until it is cut smaller."""
    set_sysctl("tcp_retries1", "1")  # the kernel suspects a black hole after so many tries
    stage.now(
        "A client is connected over a path that passes segments of {passes} bytes and no larger ones, silently.",
        states=("ESTABLISHED",),
        passes=PASSES_BYTES,
    )
    listener = stage.bound(stage.port)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, MSS)
    listener.listen()
    client, server = connection(stage, listener)
    stage.now("The request is small, and so is the head of the answer: both arrive, and are acknowledged at once.")
    ask(client, server)
    stage.now(
        "The page is cut into segments of {size} bytes. None arrives; the first is sent again and again, as large as "
        "before. No ICMP says why.",
        analysis=("retransmission",),
        size=FULL_SIZE,
    )
    server.sendall(PAGE)
    stage.wait(SENT_AGAIN_S)
    stage.now(
        "tcp_mtu_probing is switched on: the next try is smaller, and the page arrives piece by piece.", soon=True
    )
    set_sysctl("tcp_mtu_probing", "1")
    left = len(PAGE)
    while left:
        left -= len(client.recv(left))
    stage.now(
        "Off again, as it is by default: the next client's page is stuck, ESTABLISHED, for as long as it is tried."
    )
    set_sysctl("tcp_mtu_probing", "0")
    client, server = connection(stage, listener)
    ask(client, server)
    server.sendall(PAGE)
    stage.wait(SENT_AGAIN_S)


def connection(stage: Stage, listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """A client's end, which large segments do not reach, and the server's."""
    client = stage.bound()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, MSS)
    drop_larger_than(PASSES_BYTES, client)
    return stage.connect(client), stage.accept(listener)


def ask(client: socket.socket, server: socket.socket) -> None:
    """A small request, and the beginning of its answer."""
    client.sendall(REQUEST)
    server.recv(len(REQUEST))
    server.sendall(HEAD)
    client.recv(len(HEAD))
