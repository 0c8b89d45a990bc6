"""What the notes beside a segment mean: what is unusual and has no name in Wireshark's analysis, and Fast Open."""

from tcpwatch.why.topic import Topic

NOTES = (
    Topic(
        "checksum",
        "damaged on its way",
        what="The sum over addresses, header and data does not fit what arrived.",
        why="Links lose bits, and memory of routers too. A receiver must not take numbers or data from such a segment.",
        then="The receiver drops it without a word, and the sender repeats it. Sums that the sending host leaves to "
        "its network card are not meant: tcpwatch tells them apart.",
        commands=("nstat -az TcpInCsumErrors IpExtInCsumErrors", "ethtool -k eth0"),
        wireshark='tcp.checksum.status == "Bad"',
        related=("segment", "retransmission", "network"),
        source="RFC 9293 §3.1, RFC 1071",
    ),
    Topic(
        "PAWS",
        "protection against wrapped sequence numbers",
        what="The numbers are new but the timestamp is older than one that came before.",
        why="On a fast path the numbers wrap within seconds, and a late segment of the last round would fit again. "
        "Timestamps tell the rounds apart.",
        then="The receiver drops it and answers with an ACK. Two hosts behind one address whose clocks differ fall "
        "into this too.",
        commands=("nstat -az TcpExtPAWSEstab TcpExtPAWSActive", "sysctl net.ipv4.tcp_timestamps"),
        wireshark="tcp.options.timestamp.tsval",
        related=("sequence numbers", "TIME-WAIT", "network"),
        source="RFC 7323 §5",
    ),
    Topic(
        "challenge ACK",
        "an ACK that asks: is it really you?",
        what="The answer to a SYN or an RST that might be forged: it names the number that is expected.",
        why="Who guesses addresses, ports and a number in the window could end a connection of others. Only the true "
        "peer sees this ACK.",
        then="If the peer did reset, or has forgotten the connection, it answers with an RST that has exactly this "
        "number. Linux limits how many such ACKs it sends.",
        commands=("nstat -az TcpExtTCPChallengeACK TcpExtTCPSYNChallenge",),
        wireshark="tcp.flags.ack == 1 && tcp.len == 0",
        related=("RST", "RCV.NXT", "why three"),
        source="RFC 5961 §3, §4",
    ),
    Topic(
        "GSO/GRO",
        "several segments that the host handles as one",
        what="A segment longer than MSS: no wire carried it like this.",
        why="One pass through the host for many segments saves most of its work.",
        then="The network card cuts it into segments of MSS on the way out; on the way in, the host has joined them "
        "before the capture. Counts of segments and losses are those of the host, not of the wire.",
        commands=("ethtool -k eth0", "ip -d link show"),
        wireshark="tcp.len > 1460",
        related=("MSS", "segment", "checksum"),
        source="Linux: Documentation/networking/segmentation-offloads.rst",
    ),
    Topic(
        "capture time",
        "a time that cannot be",
        what="The capture dates this segment before one that it has earlier, or has no valid time for it.",
        why="Clocks are set back, files are joined, and several queues of a network card are read one after the other.",
        then="The order of the capture is kept. Round trips and waits across this place are not measured.",
        commands=("capinfos -o file.pcap", "chronyc tracking"),
        wireshark="frame.time_delta < 0 || frame.time_invalid",
        related=("out_of_order", "SRTT"),
        source="Wireshark: User's Guide §7.4",
    ),
    Topic(
        "tfo_syn",
        "a SYN that may carry data (Fast Open)",
        what="The client shows the cookie that the server gave it, or asks for one.",
        why="With the cookie the server knows the address is not forged, and may hand data of the SYN to its program "
        "at once: one round trip less.",
        then="A server that does not know the cookie takes the SYN alone, and the client sends the data again after "
        "the handshake.",
        commands=("sysctl net.ipv4.tcp_fastopen", "nstat -az TcpExtTCPFastOpenActive TcpExtTCPFastOpenPassive"),
        wireshark="tcp.analysis.tfo_syn",
        related=("tfo_ack", "1/3 SYN", "why three"),
        source="RFC 7413",
    ),
    Topic(
        "tfo_ack",
        "the data of the SYN was taken",
        what="This SYN-ACK acknowledges data that came with the SYN.",
        why="The cookie was right, so the server did not wait for the third step.",
        then="The server may answer at once, before the handshake is complete. A SYN that is repeated may bring the "
        "data twice: programs must bear that.",
        commands=("nstat -az TcpExtTCPFastOpenPassive TcpExtTCPFastOpenPassiveFail",),
        wireshark="tcp.analysis.tfo_ack",
        related=("tfo_syn", "2/3 SYN-ACK"),
        source="RFC 7413 §4.2",
    ),
)

# What stands in a note, and the topic that explains it; the first that fits.
TOPIC_OF_NOTE = (
    ("checksum", "checksum"),
    ("PAWS", "PAWS"),
    ("challenge", "challenge ACK"),
    ("time goes back", "capture time"),
    ("no valid time", "capture time"),
    ("GSO/GRO", "GSO/GRO"),
    ("reordered", "out_of_order"),
    ("data before its SYN-ACK", "tfo_syn"),
    ("simultaneous open", "simultaneous open"),
    ("simultaneous close", "simultaneous close"),
    ("refused", "refused"),
    ("aborted", "RST"),
    ("RST ", "RST"),
    ("another SYN", "why three"),
    ("no ACK", "ACK"),
    ("answer was not captured", "ack_lost_segment"),
)


def topic_of_note(note: str) -> str | None:
    """The key of the topic that explains a note; None where none does."""
    return next((key for words, key in TOPIC_OF_NOTE if words in note), None)
