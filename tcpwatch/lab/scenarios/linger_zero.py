"""A close that throws away what was said: SO_LINGER with 0 seconds, and bytes that were never read.

Watch who sends the RST: the end whose program closed, and not the network. send() had taken the answer, and nothing
promises any more that it arrives; the other program is told "connection reset by peer". The last connection is closed
as it should be: end the sending side, read to the end, then close.
"""

import socket
import struct

from tcpwatch.lab.loss import lossy
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import FOUR_WAY_CLOSE, Stage

NO_LINGERING = struct.pack("ii", 1, 0)  # struct linger: on, for 0 s
UPLOAD = b"PUT /film HTTP/1.1\r\nContent-Length: 2000\r\n\r\n" + bytes(2_000)
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\n\r\n"

SCENARIO = Scenario(
    order=290,
    name="linger-zero",
    title="an answer lost because its sender closed too hard",
    lessons=(29,),
)


def play(stage: Stage) -> None:
    """Two hard ways to close, and the soft one."""
    stage.now("Three clients are connected.", states=("LISTEN", "ESTABLISHED"))
    listener = stage.listen()
    (first, hasty), (second, unread), (third, careful) = (stage.pair(listener) for _ in range(3))
    stage.now(
        "The server's answer to the first is lost on the way, and it closes with SO_LINGER 0: RST in place of FIN. The "
        "kernel throws the answer away and does not send it again.",
        states=("CLOSED",),
        steps=("RST",),
    )
    with lossy(first):
        hasty.sendall(TOO_LARGE)
    hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
    hasty.close()
    stage.now(
        "The second uploads {count} bytes. The server answers without reading them and closes: RST, since bytes were "
        "unread (RFC 2525, 2.17). Plain close(), no option set.",
        steps=("RST",),
        count=len(UPLOAD),
    )
    second.sendall(UPLOAD)
    stage.wait()
    unread.sendall(TOO_LARGE)
    unread.close()
    stage.now(
        "The third: the server answers, ends its sending side, reads to the end, and then closes. Nothing is lost.",
        states=("TIME-WAIT",),
        steps=FOUR_WAY_CLOSE,
    )
    third.sendall(UPLOAD)
    careful.sendall(TOO_LARGE)
    careful.shutdown(socket.SHUT_WR)
    stage.wait()
    third.recv(len(TOO_LARGE))
    third.close()
    while careful.recv(len(UPLOAD)):
        pass
    careful.close()
