"""A server that forgets to close after one kind of request, and the one client that sends it.

Watch what the leaked connections have in common: one address, 127.0.0.9, and one first line, GET /order/bad. Counting
CLOSE-WAIT shows that there is a leak; the request shows where in the program it is. The other clients are served and
closed.
"""

import socket

from tcpwatch.lab.address import HOST
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import FOUR_WAY_CLOSE, OPENING, Stage

UNLUCKY = "127.0.0.9"
BAD_ORDER, GOOD_ORDER = "/order/bad", "/order/7"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
TURNS = 3

SCENARIO = Scenario(
    order=260,
    name="leak-by-one-client",
    title="a leak that one client's request brings about",
    lessons=(18, 19),
)


def play(stage: Stage) -> None:
    """Good orders are closed, bad ones are forgotten."""
    stage.now("A server listens. It fails at a bad order, before it comes to close().")
    listener = stage.listen()
    stage.now(
        "A client asks for {order}: it is answered, and both ends close.",
        states=("LISTEN", "TIME-WAIT"),
        steps=(*OPENING, *FOUR_WAY_CLOSE),
        order=GOOD_ORDER,
    )
    visit(stage, listener, HOST, GOOD_ORDER)
    stage.now(
        "A client at {address} asks for {order} and closes: the handler fails, and nobody closes the server's end.",
        states=("CLOSE-WAIT", "FIN-WAIT-2"),
        address=UNLUCKY,
        order=BAD_ORDER,
    )
    visit(stage, listener, UNLUCKY, BAD_ORDER)
    stage.now("Both come again in turn, {turns} times. One of them leaks each time, the other never.", turns=TURNS)
    for _ in range(TURNS):
        visit(stage, listener, HOST, GOOD_ORDER)
        visit(stage, listener, UNLUCKY, BAD_ORDER)
        stage.wait(min(stage.pace_s / TURNS, 1))
    stage.now("What is in CLOSE-WAIT came from one address with one request: that handler is the place to look.")


def visit(stage: Stage, listener: socket.socket, source: str, order: str) -> None:
    """Connect, ask, close; the server does its part unless the order is bad."""
    client = stage.connect(stage.bound(host=source))
    server = stage.accept(listener)
    request = f"GET {order} HTTP/1.1\r\nHost: shop.example\r\n\r\n".encode()
    client.sendall(request)
    server.recv(len(request))
    if order != BAD_ORDER:
        server.sendall(ANSWER)
        client.recv(len(ANSWER))
    client.shutdown(socket.SHUT_WR)
    server.recv(1)
    stage.wait()
    if order != BAD_ORDER:
        server.close()
