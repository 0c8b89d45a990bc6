"""A server that does not answer, as behind a firewall that drops: the SYN is sent again and again.

Watch the timer of SYN-SENT: 1 s, then twice that, and so on; connect() hangs all the while. Ordinarily it takes six
tries and two minutes; here two, and 7 s.
"""

import select
import socket

from tcpwatch.lab.loss import drop_incoming
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Stage, set_sysctl

TRIES_AGAIN = 2
GIVES_UP_WITHIN_S = 9

SCENARIO = Scenario(
    order=160,
    name="syn-timeout",
    title="a SYN answered by nobody",
    lessons=(28,),
    private=True,
)


def play(stage: Stage) -> None:
    """Call somebody who never answers."""
    set_sysctl("tcp_syn_linear_timeouts", "0")  # Linux 6.5 doubles the wait only from the fifth try on
    stage.now("A server listens, but all that is sent to it is dropped on the way.", states=("LISTEN",))
    drop_incoming(stage.listen())
    stage.now(
        "A client connects: SYN, silence. The SYN comes again after 1 s, then after 2 s; 4 s later it gives up.",
        states=("SYN-SENT",),
        steps=("1/3 SYN",),
        analysis=("retransmission",),
    )
    client = stage.bound()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, TRIES_AGAIN)
    stage.begin_connect(client)
    select.select([], [client], [], GIVES_UP_WITHIN_S)
    stage.now("connect() said at last: connection timed out.")
