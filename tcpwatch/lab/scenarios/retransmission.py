"""Lost segments, and the two ways to find out: the segments behind them, and the clock.

Watch the hole: for what comes behind it the receiver repeats its last ACK (duplicate_ack), and the sender sends the
lost segment anew at once; others wait for three of them, Linux goes by the time since (RACK, RFC 8985). Where nothing
follows, only the timer tells: RTO, twice RTO, four times RTO.
"""

from tcpwatch.lab.loss import lossy
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage

BEHIND = 3
BACKOFF_S = 1.0  # room for the retransmissions after 0.2 s and 0.6 s

SCENARIO = Scenario(
    order=210,
    name="retransmission",
    title="lost segments: duplicate ACKs, and the timer",
    lessons=(8, 38),
)


def play(stage: Stage) -> None:
    """One lost in the middle, one lost with nothing behind it."""
    stage.now("A client is connected.", states=("ESTABLISHED",))
    client, server = stage.pair(stage.listen())
    client.sendall(b"one ")
    server.recv(100)
    stage.now(
        "A segment is lost, and {behind} follow it: the same ACK comes again, and the lost one is sent anew.",
        analysis=("duplicate_ack",),
        behind=BEHIND,
    )
    with lossy(server):
        client.sendall(b"lost ")
    for _ in range(BEHIND):
        client.sendall(b"next ")
    stage.wait()
    server.recv(100)
    stage.now(
        "Everything is lost for a second: nobody answers, and the timer sends again, waiting twice as long each time.",
        analysis=("retransmission",),
    )
    with lossy(server):
        client.sendall(b"hello? ")
        stage.wait(BACKOFF_S)
    server.recv(100)
    stage.now("The way is free: the last retransmission was acknowledged, and all is as before.")
