"""The fields that have an explanation of their own; the others are explained by `sockets/fields.py`."""

from tcpwatch.why.topic import Topic

FIELDS = (
    Topic(
        "ISS",
        "initial send sequence number",
        what="The number of this end's SYN. Its first byte of data is ISS+1; relative numbers count from here.",
        why="It starts at a number that no one can guess, so that a stranger cannot insert data and old segments do "
        "not fit.",
        then="It never changes. Linux makes it of a secret hash of the four-tuple and a clock, and does not keep it: "
        "tcpwatch computes it or saw the SYN.",
        commands=("tcpdump -nS -i any 'tcp[tcpflags] & tcp-syn != 0'",),
        wireshark="tcp.flags.syn == 1",
        related=("IRS", "SND.UNA", "SYN", "sequence numbers"),
        source="RFC 9293 §3.4.1, RFC 6528",
    ),
    Topic(
        "IRS",
        "initial receive sequence number",
        what="The number of the peer's SYN: the ISS of the other end.",
        why="Each direction is numbered by its sender; the receiver must know where that begins.",
        then="It never changes. RCV.NXT minus IRS minus 1 is how many bytes have come.",
        commands=("tcpdump -nS -i any 'tcp[tcpflags] & tcp-syn != 0'",),
        wireshark="tcp.flags.syn == 1",
        related=("ISS", "RCV.NXT", "sequence numbers"),
        source="RFC 9293 §3.3.1",
    ),
    Topic(
        "SND.UNA",
        "the oldest number sent and not acknowledged",
        what="All before it is acknowledged. From here to SND.NXT stands the retransmission queue.",
        why="What may have been lost must be kept until the peer says that it has it.",
        then="Each new ACK moves it forward and frees memory. If it stands still while SND.NXT is ahead, the "
        "retransmission timer runs.",
        commands=("ss -tinpo",),
        wireshark="tcp.ack",
        related=("SND.NXT", "RTO", "retransmission", "in flight"),
        source="RFC 9293 §3.3.1 (figure 3)",
    ),
    Topic(
        "SND.NXT",
        "the next number to send",
        what="One past the highest number sent. SND.NXT minus SND.UNA is what is in flight.",
        why="The sender must tell new bytes from repeated ones.",
        then="It goes forward with each new segment, up to SND.UNA+SND.WND and as far as the congestion window allows.",
        commands=("ss -tinpo",),
        wireshark="tcp.nxtseq",
        related=("SND.UNA", "SND.WND", "in flight"),
        source="RFC 9293 §3.3.1 (figure 3)",
    ),
    Topic(
        "SND.WND",
        "how much the peer lets this end send",
        what="The peer's last advertised window, in bytes counted from its ACK; ×n is the window scale of its SYN.",
        why="A fast writer must not drown a slow reader: the reader sets the limit.",
        then="Every ACK may change it. At 0 this end stops and probes.",
        commands=("ss -tinp",),
        wireshark="tcp.window_size == 0",
        related=("window scale", "usable", "zero_window", "window_full"),
        source="RFC 9293 §3.3.1, §3.8.6",
    ),
    Topic(
        "RCV.NXT",
        "the next number expected",
        what="All before it has arrived in order. It is what this end writes into its ACKs.",
        why="One number says how far the stream is whole, whatever the network did on the way.",
        then="In-order data, a SYN and a FIN move it forward. What is beyond a hole waits, and does not.",
        commands=("ss -tinp",),
        wireshark="tcp.ack",
        related=("IRS", "RCV.WND", "out_of_order", "Recv-Q"),
        source="RFC 9293 §3.3.1 (figure 4)",
    ),
    Topic(
        "RCV.WND",
        "the room this end has told the peer of",
        what="Numbers from RCV.NXT to RCV.NXT+RCV.WND are taken; what lies outside is dropped and answered by an ACK.",
        why="The receive buffer is finite, and is freed only as fast as the program reads.",
        then="It shrinks as bytes wait unread and grows back when the program reads. Linux enlarges the buffer by "
        "itself up to the third value of tcp_rmem.",
        commands=("ss -tinmp", "sysctl net.ipv4.tcp_rmem"),
        wireshark="tcp.window_size == 0",
        related=("Recv-Q", "zero_window", "window_update", "window scale"),
        source="RFC 9293 §3.3.1, §3.8.6",
    ),
    Topic(
        "in flight",
        "sent and not yet acknowledged",
        what="The bytes between SND.UNA and SND.NXT.",
        why="A path holds many segments at once; waiting for each ACK would use one segment per round trip.",
        then="ACKs make it smaller, new segments larger; the smaller of SND.WND and the congestion window is its "
        "limit. While it is not 0 the retransmission timer runs.",
        commands=("ss -tinp",),
        wireshark="tcp.analysis.bytes_in_flight > 0",
        related=("SND.UNA", "SND.NXT", "usable", "RTO"),
        source="RFC 9293 §3.3.1",
    ),
    Topic(
        "usable",
        "what the window still lets through",
        what="SND.UNA+SND.WND minus SND.NXT: bytes that may be sent without a new ACK.",
        why="The window counts from the ACK, so what is in flight already uses part of it.",
        then="At 0 the sender waits for an ACK or a window update. Small rests are held back so as not to send silly "
        "little segments.",
        commands=("ss -tinp",),
        wireshark="tcp.analysis.window_full",
        related=("SND.WND", "in flight", "window_full"),
        source="RFC 9293 §3.8.6.2.1",
    ),
    Topic(
        "SRTT",
        "smoothed round-trip time",
        what="The running average of the time from a segment to its acknowledgment.",
        why="A timer for lost segments must know how long an answer ordinarily takes.",
        then="Each measured ACK moves it by an eighth. Segments sent twice are not measured, unless timestamps tell "
        "which was answered.",
        commands=("ss -tinp",),
        wireshark="tcp.analysis.ack_rtt",
        related=("RTO", "delayed ACK", "retransmission"),
        source="RFC 6298 §2",
    ),
    Topic(
        "RTO",
        "retransmission timeout",
        what="How long to wait for an ACK before the oldest segment in flight is sent again.",
        why="A lost segment makes no sound. Only time tells, and it must fit the path: SRTT and how much it varies.",
        then="At first 1 s; on Linux at least 200 ms above SRTT. It doubles each time it fires, up to 120 s, and an "
        "ACK of new data resets it.",
        commands=("ss -tinpo", "sysctl net.ipv4.tcp_retries2"),
        wireshark="tcp.analysis.rto",
        related=("retransmission", "SRTT", "loss probe", "SND.UNA"),
        source="RFC 6298, RFC 9293 §3.8.1",
    ),
    Topic(
        "MSS",
        "maximum segment size",
        what="The most data that one segment may carry: what each end says in its SYN, and what the path allows.",
        why="A segment too large for a link would be cut into fragments, or lost without a word.",
        then="1460 on Ethernet over IPv4, less where options such as timestamps take room; 536 where no SYN told it. "
        "Path MTU discovery may lower it.",
        commands=("ss -tinp", "tcpdump -nv -i any 'tcp[tcpflags] & tcp-syn != 0'"),
        wireshark="tcp.options.mss_val",
        related=("1/3 SYN", "segment", "window scale", "loopback"),
        source="RFC 9293 §3.7.1",
    ),
    Topic(
        "memory",
        "what a socket's buffers hold, and may hold",
        what="Bytes of kernel memory: what has arrived is taken of the receive buffer, what is to be sent of the send "
        "buffer.",
        why="A segment costs more than its data, for the kernel keeps a record of each. Many small ones fill a buffer "
        "long before their bytes do.",
        then="When the receive buffer is full, RCV.WND goes to 0 and what still comes is dropped. When the send buffer "
        "is full, write() blocks. Linux enlarges both up to the third value of tcp_rmem and tcp_wmem, unless the "
        "program has set SO_RCVBUF or SO_SNDBUF.",
        commands=("ss -tmnp", "sysctl net.ipv4.tcp_rmem net.ipv4.tcp_wmem"),
        wireshark="tcp.window_size == 0",
        related=("Recv-Q", "Send-Q", "RCV.WND", "zero_window"),
        source="ss(8), tcp(7)",
    ),
    Topic(
        "congestion control",
        "what decides how fast to send",
        what="The algorithm that sets how many segments may be in flight, and in what rhythm they leave.",
        why="The peer's window tells what the peer can take. Nobody tells what the network between can: each sender "
        "has to find out.",
        then="It begins with 10 segments and learns from each ACK. reno and cubic slow down where a segment is lost; "
        "bbr measures the bandwidth and the round trip. A program may choose with TCP_CONGESTION.",
        commands=(
            "ss -tinp",
            "sysctl net.ipv4.tcp_congestion_control net.ipv4.tcp_available_congestion_control",
        ),
        wireshark="tcp.analysis.bytes_in_flight > 0",
        related=("in flight", "SND.WND", "SRTT", "retransmission"),
        source="RFC 5681, RFC 6928, RFC 9438",
    ),
)
