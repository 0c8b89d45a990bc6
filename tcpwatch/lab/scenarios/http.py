"""One page over HTTP/1.1: handshake, request, response, close.

Watch who closes first: the server, because it promised to (`Connection: close`). The client has nothing left to send
either, so its FIN rides on the ACK and the close takes three segments.
"""

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import OPENING, Stage

HTTP_REQUEST = b"GET /index.html HTTP/1.1\r\nHost: lab.example\r\nConnection: close\r\n\r\n"
PAGE = b"<p>hello</p>\n"
HTTP_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(PAGE), PAGE)

SCENARIO = Scenario(
    order=20,
    name="http",
    title="a page over HTTP: handshake, request, response, close",
    lessons=(12, 16, 30),
)


def play(stage: Stage) -> None:
    """Ask for one page and get it."""
    stage.now("A web server listens; a browser connects.", states=("LISTEN", "ESTABLISHED"), steps=OPENING)
    browser, server = stage.pair(stage.listen())
    stage.now("The browser asks for /index.html.")
    browser.sendall(HTTP_REQUEST)
    stage.now("The server answers 200 OK.")
    server.recv(len(HTTP_REQUEST))
    server.sendall(HTTP_RESPONSE)
    browser.recv(len(HTTP_RESPONSE))
    stage.now(
        "The server closes first, the browser at the same breath: its FIN carries the ACK, so three segments do.",
        states=("FIN-WAIT-1", "TIME-WAIT", "LAST-ACK"),
        steps=("1/4 FIN", "2+3/4 FIN-ACK", "4/4 ACK"),
    )
    server.close()
    browser.close()
