"""The eleven states of RFC 9293."""

from tcpwatch.tcp.state import State
from tcpwatch.why.topic import Topic

STATES = (
    Topic(
        State.LISTEN,
        "a server waits for connections",
        what="A socket that a program gave to listen(). It has no peer. It holds two queues: handshakes under way, and "
        "connections that wait for accept().",
        why="A server cannot know who will call. Every connection gets a socket of its own, so that one port serves "
        "many peers.",
        then="It answers each SYN with SYN-ACK and stays in LISTEN without a timer until the program closes it. Where "
        "a queue is full, Linux drops the SYN or answers it with a SYN cookie.",
        commands=("ss -tlnp", "netstat -tln"),
        wireshark="tcp.flags.syn == 1 && tcp.flags.ack == 0",
        related=("accept queue", "half-open queue", "SYN-RECEIVED", "SYN cookies"),
        source="RFC 9293 §3.3.2",
    ),
    Topic(
        State.SYN_SENT,
        "a SYN went out, nothing has come back",
        what="The client has called connect(): its SYN with its initial sequence number is under way, and it waits for "
        "SYN-ACK.",
        why="Both ends must know both initial numbers before data can be put in order. This end has told its own.",
        then="The SYN goes out again after 1 s, on newer Linux some times at that pace, then with doubling waits. "
        "After tcp_syn_retries connect() fails with ETIMEDOUT, in about two minutes. An RST fails it at once with "
        "ECONNREFUSED.",
        commands=("ss -tanpo state syn-sent", "netstat -antp | grep SYN_SENT", "sysctl net.ipv4.tcp_syn_retries"),
        wireshark="tcp.flags.syn == 1 && tcp.flags.ack == 0",
        related=("refused", "1/3 SYN", "RTO", "why three", "simultaneous open"),
        source="RFC 9293 §3.5, §3.8.3",
    ),
    Topic(
        State.SYN_RECEIVED,
        "half open: SYN answered, the last ACK is missing",
        what="A SYN came and SYN-ACK went back. The server holds a small record of this handshake in the half-open "
        "queue; the program does not know of it yet.",
        why="Only the ACK of its own number proves that the SYN was no old duplicate and that its sender is where it "
        "says.",
        then="SYN-ACK goes out again after waits of 1, 2, 4, 8 and 16 s (tcp_synack_retries 5); the record is "
        "dropped after about a minute. With a full accept queue the ACK is ignored and it stays here.",
        commands=("ss -tano state syn-recv", "netstat -ant | grep SYN_RECV", "sysctl net.ipv4.tcp_synack_retries"),
        wireshark="tcp.flags.syn == 1 && tcp.flags.ack == 1",
        related=("half-open queue", "SYN cookies", "2/3 SYN-ACK", "accept queue", "why three"),
        source="RFC 9293 §3.5",
    ),
    Topic(
        State.ESTABLISHED,
        "open: data may flow both ways",
        what="Both ends know both initial sequence numbers. Each direction has its own numbers and its own window.",
        why="This is what a connection is for: bytes arrive in order, once, or the program is told that they did not.",
        then="With nothing in flight no timer runs, unless the program turned keep-alive on: a peer that has vanished "
        "is then not noticed. A FIN from here leads to FIN-WAIT-1, one from the peer to CLOSE-WAIT.",
        commands=("ss -tnpio state established", "netstat -antp | grep ESTABLISHED"),
        wireshark="tcp.len > 0",
        related=("keep_alive", "Recv-Q", "Send-Q", "accept queue", "TCB"),
        source="RFC 9293 §3.3.2, §3.8",
    ),
    Topic(
        State.FIN_WAIT_1,
        "closed here, our FIN is not acknowledged yet",
        what="The program here closed first. The FIN stands in the send queue behind any data, or is in flight.",
        why="A FIN may be lost like any segment: it has a sequence number and is sent again until it is acknowledged.",
        then="Its ACK leads to FIN-WAIT-2, a FIN of the peer before it to CLOSING. Without an answer the FIN is "
        "repeated with doubling waits; of an orphan tcp_orphan_retries times (0 stands for 8), else tcp_retries2.",
        commands=("ss -tanpo state fin-wait-1", "netstat -antp | grep FIN_WAIT1", "sysctl net.ipv4.tcp_orphan_retries"),
        wireshark="tcp.flags.fin == 1",
        related=("1/4 FIN", "FIN-WAIT-2", "CLOSING", "orphan", "RTO"),
        source="RFC 9293 §3.6",
    ),
    Topic(
        State.FIN_WAIT_2,
        "closed here and acknowledged, the peer's FIN is to come",
        what="Our FIN is acknowledged: this direction is closed. The peer may still send, and should be in CLOSE-WAIT.",
        why="Each direction is closed by its own end. The peer's program may have more to say, or has forgotten to "
        "close.",
        then="The peer's FIN leads to TIME-WAIT. Until then: without limit while a program here holds the socket (it "
        "used shutdown()); an orphan is given up after tcp_fin_timeout, 60 s.",
        commands=("ss -tanpo state fin-wait-2", "netstat -antp | grep FIN_WAIT2", "sysctl net.ipv4.tcp_fin_timeout"),
        wireshark="tcp.flags.fin == 1",
        related=("CLOSE-WAIT", "half-close", "orphan", "2/4 ACK", "why four"),
        source="RFC 9293 §3.6",
    ),
    Topic(
        State.CLOSE_WAIT,
        "the peer has closed, the program here has not",
        what="The peer's FIN arrived and was acknowledged. The connection is half closed: this end may still send, and "
        "must close.",
        why="The kernel cannot know whether the program has more to send. Many of these, growing old, are a program "
        "that forgets close(): each holds a descriptor and memory.",
        then="Nothing: no timer ends this state. close() sends our FIN and leads to LAST-ACK. Recv-Q tells more: 0 = "
        "the end of the stream was read, 1 = not read since the FIN, more = bytes unread.",
        commands=("ss -tanp state close-wait", "netstat -antp | grep CLOSE_WAIT"),
        wireshark="tcp.flags.fin == 1",
        related=("FIN-WAIT-2", "LAST-ACK", "Recv-Q", "half-close", "why four"),
        source="RFC 9293 §3.6",
    ),
    Topic(
        State.CLOSING,
        "both closed at once, our FIN is not acknowledged yet",
        what="The two FINs crossed: the peer's arrived before the acknowledgment of ours.",
        why="Each end acted before it could know of the other. The table of states has a path for that, and no one has "
        "to give way.",
        then="The ACK of our FIN leads to TIME-WAIT, at both ends. Without it the FIN is sent again as in FIN-WAIT-1.",
        commands=("ss -tanpo state closing", "netstat -antp | grep CLOSING"),
        wireshark="tcp.flags.fin == 1",
        related=("simultaneous close", "TIME-WAIT", "FIN-WAIT-1"),
        source="RFC 9293 §3.6 (figure 13)",
    ),
    Topic(
        State.LAST_ACK,
        "both closed, the acknowledgment of our FIN is to come",
        what="The peer closed first, then the program here: our FIN is in flight, or waits behind data.",
        why="Until the peer has our FIN it cannot know that the stream is whole.",
        then="The ACK ends the connection at once: this end needs no TIME-WAIT. Without it the FIN is sent again, "
        "tcp_orphan_retries times (0 stands for 8), then the socket is given up.",
        commands=("ss -tano state last-ack", "netstat -ant | grep LAST_ACK", "sysctl net.ipv4.tcp_orphan_retries"),
        wireshark="tcp.flags.fin == 1",
        related=("3/4 FIN", "4/4 ACK", "CLOSED", "orphan"),
        source="RFC 9293 §3.6",
    ),
    Topic(
        State.TIME_WAIT,
        "closed, kept for 2MSL",
        what="Both FINs are sent and acknowledged. The end that closed first keeps the pair of addresses and ports for "
        "a while, and little else.",
        why="Its last ACK may be lost: then the peer's FIN comes again and must be answered. And late segments must "
        "die before the same four-tuple is used again.",
        then="After 60 s on Linux (fixed in the kernel) it vanishes. A repeated FIN is answered and starts the 60 s "
        "anew. A new SYN with higher numbers may take the place of this socket.",
        commands=(
            "ss -tano state time-wait",
            "netstat -ant | grep TIME_WAIT",
            "sysctl net.ipv4.tcp_tw_reuse net.ipv4.tcp_max_tw_buckets",
        ),
        wireshark="tcp.flags.fin == 1",
        related=("2MSL", "4/4 ACK", "reused_ports", "CLOSED"),
        source="RFC 9293 §3.6, TCP_TIMEWAIT_LEN",
    ),
    Topic(
        State.CLOSED,
        "there is no connection",
        what="Not a state of a socket but the lack of one: no TCB is held. The dashboard shows it for a moment when a "
        "socket goes.",
        why="The state diagram needs a place to begin and to end.",
        then="A segment for a connection that does not exist is answered by RST, unless it is an RST itself.",
        commands=("ss -tan",),
        wireshark="tcp.flags.reset == 1",
        related=("RST", "LISTEN", "TCB"),
        source="RFC 9293 §3.3.2, §3.10.7.1",
    ),
)
