"""Two ends call each other at the same moment; nobody listens. Still one connection comes of it, not two.

Watch SYN-SENT at both ends: a SYN, where a SYN-ACK was expected, leads through SYN-RECEIVED (RFC 9293 figure 7). The
first SYNs are lost, so that they really cross.
"""

from tcpwatch.lab.loss import drop_incoming, let_through
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage

HELD_S = 0.6  # long enough to see SYN-RECEIVED

SCENARIO = Scenario(
    order=90,
    name="simultaneous-open",
    title="two SYNs cross, and nobody listens",
    lessons=(36,),
)


def play(stage: Stage) -> None:
    """Two active opens, no passive one."""
    stage.now("Two programs, each with a port of its own, and no listener.")
    left, nobody = stage.bound(), stage.deaf_listener(stage.port)
    stage.now(
        "Each connects to the other, and both SYNs are lost. The left one comes again: the right end, in SYN-SENT "
        "itself, goes to SYN-RECEIVED.",
        states=("SYN-SENT", "SYN-RECEIVED"),
        steps=("1/3 SYN",),
    )
    drop_incoming(left)
    stage.begin_connect(left)
    nobody.close()
    right = stage.begin_connect(stage.bound(stage.port), left.getsockname()[1])
    stage.wait_until(right, "SYN-RECEIVED")
    stage.wait(HELD_S)
    stage.now(
        "The answer comes through: ESTABLISHED at both ends, without a server.", states=("ESTABLISHED",), soon=True
    )
    let_through(left)
    stage.wait_until(left, "ESTABLISHED")
