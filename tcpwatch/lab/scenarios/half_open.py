"""A handshake that stops after the second step: SYN-RECEIVED at the server.

Watch what it costs: the server keeps the half-open connection, sends its SYN-ACK again (1 s, 2 s, ...) and waits. The
client loses what arrives, then hears again, and the third step follows.
"""

from tcpwatch.lab.loss import drop_incoming, let_through
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage

SYN_ACK_AGAIN_S = 1.3

SCENARIO = Scenario(
    order=180,
    name="half-open",
    title="a handshake that stops after step two",
    lessons=(2, 26),
)


def play(stage: Stage) -> None:
    """SYN, SYN-ACK, and a client that is deaf for a while."""
    stage.now("A server listens.", states=("LISTEN",))
    stage.listen()
    client = stage.bound()
    drop_incoming(client)
    stage.now(
        "A client sends its SYN; the SYN-ACK is lost. Both wait, and both send again after a second.",
        states=("SYN-SENT", "SYN-RECEIVED"),
        steps=("1/3 SYN", "2/3 SYN-ACK"),
        analysis=("retransmission",),
    )
    stage.begin_connect(client)
    stage.wait(SYN_ACK_AGAIN_S)
    stage.now(
        "The next SYN-ACK comes through: the ACK follows, and both are ESTABLISHED.",
        states=("ESTABLISHED",),
        steps=("3/3 ACK",),
        soon=True,
    )
    let_through(client)
    stage.wait_until(client, "ESTABLISHED")
