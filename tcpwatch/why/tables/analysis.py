"""The analysis flags of a segment, in Wireshark's words."""

from tcpwatch.why.topic import Topic

ANALYSIS = (
    Topic(
        "retransmission",
        "sent before, sent again",
        what="Numbers that were already sent: a segment is repeated because no acknowledgment came.",
        why="The network may lose a segment. All that is not acknowledged, from SND.UNA to SND.NXT, stays in the "
        "retransmission queue for this.",
        then="Each timeout doubles the next RTO, up to 120 s. After tcp_retries2 (15) in a row, some 15 minutes, the "
        "program gets ETIMEDOUT.",
        commands=("nstat -az TcpRetransSegs TcpExtTCPTimeouts", "ss -tinpo"),
        wireshark="tcp.analysis.retransmission",
        related=("RTO", "fast_retransmission", "SND.UNA", "loss probe", "network"),
        source="RFC 9293 §3.8.1, RFC 6298",
    ),
    Topic(
        "fast_retransmission",
        "sent again at once, without waiting for the timer",
        what="A repeated segment close behind duplicate ACKs that asked for it.",
        why="Duplicate ACKs say that later segments arrive: the path works, one segment is missing, and waiting for "
        "the RTO would waste time.",
        then="Linux decides by SACK and time (RACK), not by the count of three alone. It lowers the congestion window "
        "and goes on.",
        commands=("nstat -az TcpExtTCPFastRetrans", "sysctl net.ipv4.tcp_recovery"),
        wireshark="tcp.analysis.fast_retransmission",
        related=("duplicate_ack", "retransmission", "lost_segment"),
        source="RFC 5681 §3.2, RFC 8985",
    ),
    Topic(
        "spurious_retransmission",
        "sent again though it had arrived",
        what="Data that the receiver had already acknowledged.",
        why="The ACK was late or lost, or the timer was too short. Nothing was missing but the sender's knowledge.",
        then="The receiver drops it and sends an ACK, with D-SACK where that is on; Linux then takes back a needless "
        "slowing down.",
        commands=("nstat -az TcpExtTCPDSACKRecv TcpExtTCPSpuriousRTOs",),
        wireshark="tcp.analysis.spurious_retransmission",
        related=("retransmission", "RTO", "SRTT"),
        source="RFC 2883, RFC 5682",
    ),
    Topic(
        "out_of_order",
        "overtaken on its way",
        what="Lower numbers than what came before, and too soon behind it to have been sent again.",
        why="The network may reorder. TCP puts bytes in order by sequence number, so the program never sees it.",
        then="The receiver keeps what is ahead in its out-of-order queue, answers with duplicate ACKs and SACK, and "
        "hands all over once the hole is filled.",
        commands=("nstat -az TcpExtTCPOFOQueue",),
        wireshark="tcp.analysis.out_of_order",
        related=("RCV.NXT", "duplicate_ack", "retransmission", "network"),
        source="RFC 9293 §3.4, §3.10.7.4",
    ),
    Topic(
        "lost_segment",
        "a number was skipped before this segment",
        what="The one before is late, lost, or was not captured.",
        why="Numbers count every byte, so a gap shows at once.",
        then="If it was lost on the path, duplicate ACKs and a retransmission follow. If they do not, only the capture "
        "missed it.",
        commands=("tcpdump -ni any -B 32768 tcp",),
        wireshark="tcp.analysis.lost_segment",
        related=("ack_lost_segment", "duplicate_ack", "retransmission"),
        source="Wireshark: tcp.analysis.lost_segment",
    ),
    Topic(
        "ack_lost_segment",
        "acknowledges what was not captured",
        what="The ACK covers numbers that no captured segment carried.",
        why="The receiver had them, so the path is well: the capture has a gap.",
        then="Nothing follows. Do not read losses from this capture without looking at its drop counter.",
        commands=("tcpdump -ni any -B 32768 tcp",),
        wireshark="tcp.analysis.ack_lost_segment",
        related=("lost_segment", "SND.UNA"),
        source="Wireshark: tcp.analysis.ack_lost_segment",
    ),
    Topic(
        "duplicate_ack",
        "the same acknowledgment again",
        what="An ACK without data, with the numbers and the window of the last one: something arrived behind a hole.",
        why="An ACK can only name the next number expected. Repeating it says: still the same one is missing.",
        then="SACK blocks in it tell what did arrive. After about three the sender repeats the missing segment without "
        "waiting for the RTO.",
        commands=("nstat -az TcpExtTCPSACKReorder TcpExtTCPFastRetrans",),
        wireshark="tcp.analysis.duplicate_ack",
        related=("fast_retransmission", "out_of_order", "RCV.NXT"),
        source="RFC 5681 §3.2",
    ),
    Topic(
        "zero_window",
        "the receiver has no room",
        what="This segment's sender advertises a window of 0: its receive buffer is full.",
        why="The window lets the slower end set the pace. Its program does not read as fast as the peer writes.",
        then="The peer stops, and starts its persist timer. When the program reads, a window update lets it go on.",
        commands=("nstat -az TcpExtTCPToZeroWindowAdv TcpExtTCPFromZeroWindowAdv", "ss -tnmp"),
        wireshark="tcp.analysis.zero_window",
        related=("persist", "window_update", "RCV.WND", "Recv-Q", "window_full"),
        source="RFC 9293 §3.8.6",
    ),
    Topic(
        "zero_window_probe",
        "one byte into a closed window",
        what="The next byte, sent to make the receiver say its window again.",
        why="The segment that opens the window may be lost, and an ACK is not repeated by itself: both ends would wait "
        "for ever.",
        then="The receiver answers with its window. Linux probes without a new byte, which Wireshark calls a "
        "keep-alive.",
        commands=("ss -tnpo",),
        wireshark="tcp.analysis.zero_window_probe",
        related=("persist", "zero_window", "zero_window_probe_ack", "keep_alive"),
        source="RFC 9293 §3.8.6.1",
    ),
    Topic(
        "zero_window_probe_ack",
        "still no room",
        what="The answer to a probe, with a window of 0.",
        why="It tells the sender that the peer lives and that only its program does not read.",
        then="As long as such answers come, the sender probes on without limit, with waits up to 120 s.",
        commands=("ss -tnpo",),
        wireshark="tcp.analysis.zero_window_probe_ack",
        related=("zero_window_probe", "persist", "zero_window"),
        source="RFC 9293 §3.8.6.1",
    ),
    Topic(
        "window_update",
        "nothing new but the window",
        what="An ACK without data that acknowledges nothing new and changes the window.",
        why="The program has read, so there is room again. The sender would else learn it only with the next ACK.",
        then="The sender goes on where it stopped. Linux sends an update when the window has grown enough to be worth "
        "a segment.",
        commands=("nstat -az TcpExtTCPFromZeroWindowAdv",),
        wireshark="tcp.analysis.window_update",
        related=("zero_window", "RCV.WND", "SND.WND"),
        source="RFC 9293 §3.8.6.2.2",
    ),
    Topic(
        "window_full",
        "the sender has used the whole window",
        what="This segment ends at the last byte that the receiver allows.",
        why="Sending more would be thrown away. The receiver, not the path, sets the pace now.",
        then="The sender waits for an ACK that moves the window. If the receiver's program reads too slowly, a zero "
        "window follows.",
        commands=("ss -tinp",),
        wireshark="tcp.analysis.window_full",
        related=("zero_window", "SND.WND", "in flight"),
        source="RFC 9293 §3.8.6",
    ),
    Topic(
        "keep_alive",
        "is the other end still there?",
        what="A probe on an idle connection: the number before SND.NXT once more, so that the peer must answer.",
        why="An idle connection sends nothing: a peer that lost power or its route would never be missed. Off unless "
        "the program asks for it.",
        then="First after tcp_keepalive_time (7200 s) of silence, then each 75 s; after 9 without an answer the "
        "connection ends with ETIMEDOUT. A rebooted peer answers RST.",
        commands=(
            "ss -tnpo",
            "sysctl net.ipv4.tcp_keepalive_time net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes",
        ),
        wireshark="tcp.analysis.keep_alive",
        related=("keep_alive_ack", "ESTABLISHED", "persist", "RST"),
        source="RFC 9293 §3.8.4",
    ),
    Topic(
        "keep_alive_ack",
        "yes, still here",
        what="The answer to a keep-alive: the same ACK and window as before.",
        why="An old number makes a receiver state what it expects; that is all a probe needs.",
        then="The keep-alive timer starts anew. Neither program notices.",
        commands=("ss -tnpo",),
        wireshark="tcp.analysis.keep_alive_ack",
        related=("keep_alive", "RCV.NXT"),
        source="RFC 9293 §3.8.4",
    ),
    Topic(
        "reused_ports",
        "a new connection with the addresses and ports of an old one",
        what="A SYN for a four-tuple that the capture has seen before, with another initial number.",
        why="A client has some 28,000 ports of its own for one server. With many short connections they come round "
        "soon.",
        then="A peer in TIME-WAIT takes the SYN if its number or timestamp is higher than what it saw last; else it "
        "answers with an ACK and the SYN must come again.",
        commands=("sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse", "ss -tano state time-wait"),
        wireshark="tcp.analysis.reused_ports",
        related=("TIME-WAIT", "2MSL", "ISS"),
        source="RFC 9293 §3.6.1, RFC 6191",
    ),
)
