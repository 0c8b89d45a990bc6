"""Nobody listens on that port: the SYN is answered by RST at once.

Watch the time it takes: none. A refusal is an answer, from a host that is there; silence (see `syn-timeout`) is not.
"""

import errno

from tcpwatch.lab.address import HOST
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage

SCENARIO = Scenario(
    order=150,
    name="refused",
    title="a SYN answered by RST",
    lessons=(28,),
)


def play(stage: Stage) -> None:
    """Knock where nobody lives."""
    stage.now(
        "Nobody listens on port {port}. A client connects: SYN, and the kernel answers RST.",
        states=("SYN-SENT", "CLOSED"),
        steps=("1/3 SYN", "RST"),
        port=stage.port,
    )
    if stage.bound().connect_ex((HOST, stage.port)) == errno.ECONNREFUSED:
        stage.now("connect() said at once: connection refused.")
