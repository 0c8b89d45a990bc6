"""The flags of the header, without RST, which is explained as a step."""

from tcpwatch.why.topic import Topic

FLAGS = (
    Topic(
        "SYN",
        "the sequence number in this segment is the first",
        what="Synchronize: the header's sequence number is the initial one (ISN); the first byte of data is ISN+1.",
        why="Only the first segment of each direction has it, so that neither end mistakes an old byte for a new "
        "beginning.",
        then="An end in LISTEN answers with SYN-ACK, one in SYN-SENT with its own SYN-ACK (simultaneous open), a "
        "closed port with RST, an open connection with a challenge ACK.",
        commands=("tcpdump -ni any 'tcp[tcpflags] & tcp-syn != 0'",),
        wireshark="tcp.flags.syn == 1",
        related=("1/3 SYN", "2/3 SYN-ACK", "ISS", "simultaneous open"),
        source="RFC 9293 §3.1, §3.10.7; RFC 5961 §4",
    ),
    Topic(
        "ACK",
        "the acknowledgment number counts",
        what="The acknowledgment number is the next one expected: all before it has arrived, in order.",
        why="The network may lose anything. What is acknowledged may leave the sender's queue; the rest is kept and "
        "sent again.",
        then="All segments but the first SYN and some RSTs carry it. An ACK without data takes no sequence number and "
        "is never acknowledged itself.",
        commands=("tcpdump -ni any 'tcp[tcpflags] & tcp-ack != 0'",),
        wireshark="tcp.flags.ack == 1",
        related=("SND.UNA", "RCV.NXT", "delayed ACK", "duplicate_ack"),
        source="RFC 9293 §3.1, §3.4",
    ),
    Topic(
        "FIN",
        "no more data follows in this direction",
        what="The sender has closed its direction: the FIN stands behind the last byte and takes one sequence number.",
        why="A stream needs an end that can be acknowledged, else the reader could not tell an end from a loss.",
        then="The receiver's kernel acknowledges it, read() returns 0 after the last byte, and the state becomes "
        "CLOSE-WAIT.",
        commands=("tcpdump -ni any 'tcp[tcpflags] & tcp-fin != 0'",),
        wireshark="tcp.flags.fin == 1",
        related=("1/4 FIN", "2+3/4 FIN-ACK", "CLOSE-WAIT", "half-close"),
        source="RFC 9293 §3.1, §3.6",
    ),
    Topic(
        "PSH",
        "the sender has written all it has for now",
        what="Push: a hint to hand the data to the program without waiting for more.",
        why="A receiver that collects full buffers would else keep the end of a request back.",
        then="Linux sets it on the last segment of a write and, as a receiver, hands data over at once with or without "
        "it. It is no mark of a message.",
        commands=("tcpdump -ni any 'tcp[tcpflags] & tcp-push != 0'",),
        wireshark="tcp.flags.push == 1",
        related=("message framing", "segment", "Recv-Q"),
        source="RFC 9293 §3.1, §3.9.1",
    ),
    Topic(
        "URG",
        "some of the data is marked as urgent",
        what="The urgent pointer counts: it says where the urgent data ends.",
        why="Made for an interrupt that should overtake what is queued. Systems never agreed on its meaning; new "
        "programs should not use it.",
        then="Linux gives one byte of it to recv() with MSG_OOB and signals the program with SIGURG.",
        commands=("tcpdump -ni any 'tcp[tcpflags] & tcp-urg != 0'",),
        wireshark="tcp.flags.urg == 1",
        related=("PSH", "segment"),
        source="RFC 9293 §3.8.5; RFC 6093",
    ),
    Topic(
        "ECE",
        "a router has marked congestion",
        what="On a SYN: this end can do ECN. Later: a packet arrived with the congestion mark in its IP header.",
        why="A router that marks in place of dropping warns the sender without a loss.",
        then="The sender lowers its congestion window and answers with CWR. ECE is repeated until CWR comes.",
        commands=("sysctl net.ipv4.tcp_ecn",),
        wireshark="tcp.flags.ece == 1",
        related=("CWR", "AE", "retransmission"),
        source="RFC 3168 §6.1",
    ),
    Topic(
        "CWR",
        "the sender has slowed down",
        what="Congestion window reduced: the answer to ECE. On a SYN it stands beside ECE and asks for ECN.",
        why="The receiver must know when its warning has arrived, since any segment that carried it may be lost.",
        then="The receiver stops setting ECE until the next mark.",
        commands=("sysctl net.ipv4.tcp_ecn",),
        wireshark="tcp.flags.cwr == 1",
        related=("ECE", "AE"),
        source="RFC 3168 §6.1",
    ),
    Topic(
        "AE",
        "accurate ECN",
        what="With ECE and CWR it makes a counter of three bits: how many packets came with the congestion mark.",
        why="Plain ECN tells of one mark per round trip. Finer congestion control needs the number.",
        then="Both ends must agree on it in the SYNs; otherwise the bit is 0.",
        commands=("sysctl net.ipv4.tcp_ecn",),
        wireshark="tcp.flags.ae == 1",
        related=("ECE", "CWR"),
        source="RFC 9768",
    ),
)
