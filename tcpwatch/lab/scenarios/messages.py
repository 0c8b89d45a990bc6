"""Messages and segments are not the same: three messages in one segment, one message in two.

Watch `len` against the messages, which are four digits of length and then the text. TCP carries bytes in order and
knows no messages; who wants them must mark where each ends.
"""

import socket

from tcpwatch.lab.messages import encode_message, read_messages
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import FOUR_WAY_CLOSE, OPENING, Stage

SCENARIO = Scenario(
    order=40,
    name="messages",
    title="messages against segments",
    lessons=(7, 32),
)


def play(stage: Stage) -> None:
    """Several messages a segment, then several segments a message."""
    stage.now("A client is connected.", states=("LISTEN", "ESTABLISHED"), steps=OPENING)
    client, server = stage.pair(stage.listen())
    messages = read_messages(server.recv)
    stage.now("Three messages in one send(): one segment of 27 bytes, and the server finds three in it.")
    client.sendall(encode_message("HELLO") + encode_message("TCP") + encode_message("WORLD!!"))
    heard = [next(messages) for _ in range(3)]
    stage.now("It read {heard}. Now one message in two send()s: two segments, one message.", heard=", ".join(heard))
    whole = encode_message("HELLOWORLD")
    client.sendall(whole[:7])
    stage.wait()
    client.sendall(whole[7:])
    text = next(messages)
    stage.now(
        "It read {heard}. The client closes, the server sees the end of the stream and closes too.",
        steps=FOUR_WAY_CLOSE,
        heard=text,
    )
    client.shutdown(socket.SHUT_WR)
    stage.wait()
    server.close()
