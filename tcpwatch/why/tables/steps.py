"""The steps of the opening and of the close, and the abrupt end."""

from tcpwatch.tcp.event import Step
from tcpwatch.why.topic import Topic

STEPS = (
    Topic(
        Step.SYN,
        "the client asks, and tells its initial number",
        what="The first segment of a connection: SYN with ISN x, and the options that only a SYN may carry: MSS, "
        "window scale, SACK permitted.",
        why="The number x marks where this direction begins. The SYN takes one number itself, so that it can be "
        "acknowledged like data: the answer carries x+1.",
        then="The client is now in SYN-SENT and repeats the SYN until it is answered. The server still holds nothing.",
        commands=("tcpdump -ni any 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn'",),
        wireshark="tcp.flags.syn == 1 && tcp.flags.ack == 0",
        related=("2/3 SYN-ACK", "SYN-SENT", "ISS", "why three", "refused"),
        source="RFC 9293 §3.5",
    ),
    Topic(
        Step.SYN_ACK,
        "the server answers, and tells its own number",
        what="SYN with the server's ISN y, and ACK x+1 in the same segment: two of the four messages ride together.",
        why="It proves to the client that its SYN arrived, and opens the other direction.",
        then="The server holds a half-open connection in SYN-RECEIVED and repeats this segment until the ACK comes. "
        "The client becomes ESTABLISHED as it arrives, before the server does.",
        commands=("tcpdump -ni any 'tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack)'",),
        wireshark="tcp.flags.syn == 1 && tcp.flags.ack == 1",
        related=("3/3 ACK", "SYN-RECEIVED", "half-open queue", "IRS"),
        source="RFC 9293 §3.5",
    ),
    Topic(
        Step.HANDSHAKE_ACK,
        "the client acknowledges the server's number",
        what="ACK y+1. It takes no sequence number of its own, and may already carry data.",
        why="Only now does the server know that the client is there and agrees on both numbers.",
        then="The server becomes ESTABLISHED and puts the connection in the accept queue. If this ACK is lost, SYN-ACK "
        "comes again, or the first data does its work.",
        commands=("ss -tln",),
        wireshark="tcp.flags == 0x010 && tcp.seq == 1 && tcp.ack == 1",
        related=("ESTABLISHED", "accept queue", "why three"),
        source="RFC 9293 §3.5",
    ),
    Topic(
        Step.FIN,
        "one end has no more to send",
        what="FIN at sequence number u, behind the last byte. It normally carries ACK as well, so it shows as FIN,ACK.",
        why="It says where this direction ends, so that the reader gets an end of stream and not a silence. It takes "
        "one number: the answer is u+1.",
        then="Its sender goes to FIN-WAIT-1, the receiver to CLOSE-WAIT, and the receiver's kernel acknowledges "
        "without asking its program. Either end may be the first; web servers often are.",
        commands=("tcpdump -ni any 'tcp[tcpflags] & tcp-fin != 0'",),
        wireshark="tcp.flags.fin == 1",
        related=("2/4 ACK", "FIN-WAIT-1", "CLOSE-WAIT", "why four"),
        source="RFC 9293 §3.6",
    ),
    Topic(
        Step.FIN_ACKED,
        "the kernel acknowledges the FIN",
        what="ACK u+1, from the end that has not closed. No program took part in it.",
        why="It stops the FIN from being sent again. It does not say that the peer has finished too.",
        then="The closer goes to FIN-WAIT-2, the other end stays in CLOSE-WAIT. From here to the next FIN it is the "
        "program's time.",
        commands=("ss -tanp state close-wait",),
        wireshark="tcp.flags == 0x010",
        related=("FIN-WAIT-2", "CLOSE-WAIT", "half-close", "2+3/4 FIN-ACK"),
        source="RFC 9293 §3.6",
    ),
    Topic(
        Step.PEER_FIN,
        "the other end closes too",
        what="The second FIN, at sequence number w, sent when the other program called close() or ended.",
        why="Each direction needs an end of its own. The time since 2/4 is what the program took.",
        then="Its sender goes to LAST-ACK, the receiver to TIME-WAIT.",
        commands=("tcpdump -ni any 'tcp[tcpflags] & tcp-fin != 0'",),
        wireshark="tcp.flags.fin == 1",
        related=("4/4 ACK", "LAST-ACK", "TIME-WAIT", "why four"),
        source="RFC 9293 §3.6",
    ),
    Topic(
        Step.PEER_FIN_ACKED,
        "the second FIN is acknowledged",
        what="ACK w+1, the last segment of an orderly close.",
        why="It lets the other end forget the connection. Nothing acknowledges it: that is why its sender must wait.",
        then="The receiver is CLOSED, the sender stays in TIME-WAIT for 2MSL and answers again if the FIN comes again.",
        commands=("ss -tano state time-wait",),
        wireshark="tcp.flags == 0x010",
        related=("TIME-WAIT", "2MSL", "CLOSED"),
        source="RFC 9293 §3.6",
    ),
    Topic(
        Step.FIN_ACK,
        "the second FIN rides on the acknowledgment",
        what="One segment that acknowledges the peer's FIN and closes its own direction: the close takes three "
        "segments, not four.",
        why="The program closed before its kernel had sent the acknowledgment, which may wait a moment for company.",
        then="Its sender passes CLOSE-WAIT and is in LAST-ACK; the receiver goes straight to TIME-WAIT.",
        commands=("tcpdump -ni any 'tcp[tcpflags] & tcp-fin != 0'",),
        wireshark="tcp.flags.fin == 1 && tcp.flags.ack == 1",
        related=("delayed ACK", "LAST-ACK", "TIME-WAIT", "why four"),
        source="RFC 9293 §3.6, §3.8.6.3",
    ),
    Topic(
        Step.RST,
        "the connection ends at once",
        what="Reset: the sender knows nothing of this connection, or gives it up. What is unsent or unread is lost.",
        why="An end that has no TCB must be able to tell the other so: a closed port, a restarted host, a stale "
        "SYN-ACK.",
        then="Linux sends one for a closed port, on close() with bytes unread, with SO_LINGER 0, and when data comes "
        "for a program that has gone. The receiver gets ECONNRESET (ECONNREFUSED in SYN-SENT). There is no TIME-WAIT.",
        commands=(
            "nstat -az TcpOutRsts TcpEstabResets TcpExtTCPAbortOnClose TcpExtTCPAbortOnData",
            "tcpdump -ni any 'tcp[tcpflags] & tcp-rst != 0'",
        ),
        wireshark="tcp.flags.reset == 1",
        related=("refused", "CLOSED", "Recv-Q", "SYN-SENT"),
        source="RFC 9293 §3.5.2, §3.5.3; RFC 5961",
    ),
)
