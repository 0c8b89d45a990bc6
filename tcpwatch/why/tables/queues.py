"""The queues of a socket, and what protects those of a listener."""

from tcpwatch.why.topic import Topic

QUEUES = (
    Topic(
        "Recv-Q",
        "arrived, not read by the program",
        what="Bytes in order and acknowledged that wait for read(). A listener shows here the connections that wait "
        "for accept().",
        why="The kernel takes data whether or not the program is ready. What stays here tells that the program is "
        "slow, or stuck.",
        then="The window shrinks by it. In CLOSE-WAIT Linux counts the FIN as one byte until it is read: 1 means that "
        "the program has not looked since. close() with bytes unread sends RST.",
        commands=("ss -tnp", "netstat -antp"),
        wireshark="tcp.window_size == 0",
        related=("RCV.WND", "CLOSE-WAIT", "zero_window", "RST"),
        source="ss(8), RFC 9293 §3.10.4",
    ),
    Topic(
        "Send-Q",
        "written, not acknowledged",
        what="Bytes from write() that the peer has not acknowledged: in flight, or not yet sent. A listener shows here "
        "how many connections may wait.",
        why="What may have to be sent again must be kept; what the window or the path does not take must wait.",
        then="ACKs empty it. If it grows: a lossy path (see the retransmissions) or a slow reader (see the window). "
        "When it is full, write() blocks.",
        commands=("ss -tnpio", "netstat -antp"),
        wireshark="tcp.analysis.retransmission || tcp.analysis.zero_window",
        related=("in flight", "retransmission", "persist", "SND.WND"),
        source="ss(8), RFC 9293 §3.9.1",
    ),
    Topic(
        "accept queue",
        "open connections that wait for accept()",
        what="Connections whose handshake is done, and which the server's program has not taken yet.",
        why="The kernel opens connections by itself; the queue covers the time until the program comes for them.",
        then="It may hold one more than the smaller of listen()'s backlog and somaxconn. When full, Linux ignores SYNs "
        "and last ACKs: clients see silence, or an open connection that never answers.",
        commands=(
            "ss -tln",
            "nstat -az TcpExtListenOverflows TcpExtListenDrops",
            "sysctl net.core.somaxconn net.ipv4.tcp_abort_on_overflow",
        ),
        wireshark="tcp.flags.syn == 1 && tcp.analysis.retransmission",
        related=("LISTEN", "half-open queue", "SYN-RECEIVED"),
        source="listen(2)",
    ),
    Topic(
        "half-open queue",
        "handshakes that wait for their last ACK",
        what="One small record for each SYN that was answered and not confirmed: the connections in SYN-RECEIVED.",
        why="The server pays at the second step, the client only after the third. A flood of SYNs from false addresses "
        "fills the queue for the price of one segment each.",
        then="It holds as many as the accept queue may; tcp_max_syn_backlog counts only where SYN cookies are off. "
        "Each record is repeated as SYN-ACK and dropped after about a minute. Defences: SYN cookies, fewer "
        "repetitions, a longer queue.",
        commands=(
            "ss -tan state syn-recv",
            "nstat -az TcpExtTCPReqQFullDrop TcpExtTCPReqQFullDoCookies",
            "sysctl net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_synack_retries",
        ),
        wireshark="tcp.flags.syn == 1 && tcp.flags.ack == 1",
        related=("SYN-RECEIVED", "SYN cookies", "accept queue", "LISTEN"),
        source="RFC 4987",
    ),
    Topic(
        "SYN cookies",
        "answering a SYN without remembering it",
        what="When the half-open queue is full, the server's ISN is a hash of the four-tuple, a secret and the minute, "
        "with the MSS coded in it.",
        why="A flood costs no memory then: the client brings the record back in its ACK.",
        then="A valid ACK opens the connection; a forged one finds no match. The price: SYN-ACK is not repeated, and "
        "without timestamps window scale and SACK are lost.",
        commands=(
            "sysctl net.ipv4.tcp_syncookies",
            "nstat -az TcpExtSyncookiesSent TcpExtSyncookiesRecv TcpExtSyncookiesFailed",
        ),
        wireshark="tcp.flags.syn == 1 && tcp.flags.ack == 1",
        related=("half-open queue", "2/3 SYN-ACK", "window scale"),
        source="RFC 4987 §3.6",
    ),
)
