"""The timers, without those that are explained with a state, the RTO or keep-alive."""

from tcpwatch.why.topic import Topic

TIMERS = (
    Topic(
        "persist",
        "the timer that probes a closed window",
        what="Data waits, nothing is in flight, and the peer's window has no room for it.",
        why="The ACK that opens the window is not acknowledged itself. If it is lost, both ends wait for ever.",
        then="It fires after the RTO, then with doubling waits up to 120 s. While the peer answers there is no limit; "
        "without answers the connection ends after tcp_retries2.",
        commands=("ss -tnpo", "nstat -az TcpExtTCPWinProbe", "sysctl net.ipv4.tcp_retries2"),
        wireshark="tcp.analysis.zero_window_probe || tcp.analysis.keep_alive",
        related=("zero_window", "zero_window_probe", "window_update", "Send-Q"),
        source="RFC 9293 §3.8.6.1",
    ),
    Topic(
        "loss probe",
        "one more segment before the timeout",
        what="After about two round trips without an ACK the sender sends one segment: new data if there is any, else "
        "the last one again.",
        why="If the tail of a burst is lost, nothing behind it can cause duplicate ACKs; waiting for the RTO is slow.",
        then="The answer shows by SACK what is missing, and fast recovery repeats it. Without an answer the RTO "
        "follows.",
        commands=("nstat -az TcpExtTCPLossProbes TcpExtTCPLossProbeRecovery", "sysctl net.ipv4.tcp_early_retrans"),
        wireshark="tcp.analysis.retransmission",
        related=("RTO", "fast_retransmission", "duplicate_ack"),
        source="RFC 8985 §7",
    ),
    Topic(
        "delayed ACK",
        "an acknowledgment that waits for company",
        what="Data has arrived, and its ACK is held back for a moment.",
        why="The program may answer at once: then the ACK rides on the answer, and one segment is saved.",
        then="Linux waits 40 to 200 ms, and not at all after two full segments or at the start of a connection. The "
        "same wait joins ACK and FIN into 2+3/4.",
        commands=("ss -tinp", "nstat -az TcpExtDelayedACKs"),
        wireshark="tcp.analysis.ack_rtt > 0.04",
        related=("ACK", "SRTT", "2+3/4 FIN-ACK"),
        source="RFC 9293 §3.8.6.3",
    ),
    Topic(
        "2MSL",
        "why TIME-WAIT lasts twice the life of a segment",
        what="MSL is the longest that a segment may live in the network. TIME-WAIT lasts two of them.",
        why="One for the last ACK to arrive or die, one for a FIN repeated because of it. After that nothing of the "
        "old connection can meet a new one.",
        then="RFC 9293 says 2 minutes for MSL, so 240 s; Linux waits 60 s, macOS 2 times 15 s. A repeated FIN starts "
        "the wait anew.",
        commands=("ss -tano state time-wait",),
        wireshark="tcp.flags.fin == 1",
        related=("TIME-WAIT", "4/4 ACK", "reused_ports", "network"),
        source="RFC 9293 §3.4.2, §3.6",
    ),
)
