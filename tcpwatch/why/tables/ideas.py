"""What no single row of the screen shows: why TCP does what it does."""

from tcpwatch.why.topic import Topic

IDEAS = (
    Topic(
        "why three",
        "two segments would trust a stale SYN",
        what="SYN, SYN-ACK, ACK: each end tells its number and hears that it was understood. Four messages, of which "
        "two share a segment.",
        why="The network may deliver a SYN late, when its client has long gone. With two steps the server would open, "
        "and wait for data that never comes.",
        then="The client answers a SYN-ACK that it did not ask for with RST, and the server goes back to LISTEN. "
        "Without an answer SYN-RECEIVED ends after about a minute.",
        commands=("tcpwatch demo stale-syn", "tcpdump -ni any 'tcp[tcpflags] & (tcp-syn|tcp-rst) != 0'"),
        wireshark="tcp.flags.syn == 1 || tcp.flags.reset == 1",
        related=("1/3 SYN", "2/3 SYN-ACK", "3/3 ACK", "RST", "network"),
        source="RFC 9293 §3.5 (figure 8)",
    ),
    Topic(
        "why four",
        "each direction is closed by its own end",
        what="FIN and ACK for one direction, FIN and ACK for the other.",
        why="The kernel acknowledges a FIN at once, but only the program knows when it has said all. So the second FIN "
        "cannot always ride on the first ACK.",
        then="Between 2/4 and 3/4 the kernel waits for the program without limit. If the program closes quickly, the "
        "two become 2+3/4 and the close takes three segments.",
        commands=("tcpwatch demo half-close", "ss -tanp state close-wait"),
        wireshark="tcp.flags.fin == 1",
        related=("1/4 FIN", "2+3/4 FIN-ACK", "half-close", "CLOSE-WAIT"),
        source="RFC 9293 §3.6",
    ),
    Topic(
        "half-close",
        "one direction closed, the other open",
        what="After the first FIN one end reads on and the other may write on: shutdown(SHUT_WR) in place of close().",
        why='"I have sent all" is a message of its own: a program that sorts its input must know the end before it '
        "can answer.",
        then="The states are FIN-WAIT-2 and CLOSE-WAIT, and data flows from the second to the first. If the first end "
        "used close(), such data is answered by RST.",
        commands=("tcpwatch demo half-close", "ss -tan state fin-wait-2"),
        wireshark="tcp.flags.fin == 1",
        related=("FIN-WAIT-2", "CLOSE-WAIT", "why four", "RST"),
        source="RFC 9293 §3.6.1, shutdown(2)",
    ),
    Topic(
        "simultaneous open",
        "two SYNs cross",
        what="Both ends call connect() to each other from fixed ports; neither is a server.",
        why="Neither end can know of the other's SYN in time. The same rules make one connection of it, not two.",
        then="SYN-SENT, then SYN-RECEIVED as the other SYN comes, SYN-ACK from both, and both are ESTABLISHED: four "
        "segments.",
        commands=("tcpwatch demo simultaneous-open",),
        wireshark="tcp.flags.syn == 1",
        related=("why three", "SYN-SENT", "SYN-RECEIVED", "simultaneous close"),
        source="RFC 9293 §3.5 (figure 7)",
    ),
    Topic(
        "simultaneous close",
        "two FINs cross",
        what="Both ends close before the other's FIN has come.",
        why="A segment needs time to travel; both programs may be done at the same moment.",
        then="Both go FIN-WAIT-1, CLOSING, TIME-WAIT, and both wait for 2MSL: neither knows whether its last ACK "
        "arrived.",
        commands=("tcpwatch demo simultaneous-close",),
        wireshark="tcp.flags.fin == 1",
        related=("CLOSING", "TIME-WAIT", "2MSL", "simultaneous open"),
        source="RFC 9293 §3.6 (figure 13)",
    ),
    Topic(
        "window scale",
        "windows larger than 65 535 bytes",
        what="A shift from 0 to 14 that each end tells in its SYN: the window field times 2, 4, 8 and so on.",
        why="The header has 16 bits for the window. A fast, long path holds more than that in flight.",
        then="It holds for the life of the connection and only if both SYNs had it; windows in SYNs are never scaled. "
        "A capture without the SYN cannot know it: the window is then shown raw.",
        commands=("ss -tinp", "sysctl net.ipv4.tcp_window_scaling"),
        wireshark="tcp.options.wscale.shift",
        related=("SND.WND", "RCV.WND", "1/3 SYN", "MSS"),
        source="RFC 7323 §2",
    ),
    Topic(
        "TCB",
        "transmission control block",
        what="All that one end keeps of a connection: the state, send and receive numbers, windows, timers, and the "
        "queues.",
        why="A connection exists only as two such records; nothing on the path knows of it. If one is lost, the other "
        "must be told by RST.",
        then="It is made at the SYN (a full one at the server when the last ACK comes) and ends with CLOSED. In "
        "TIME-WAIT Linux keeps a small rest.",
        commands=("ss -tinempo",),
        wireshark="tcp.stream eq 0",
        related=("SND.UNA", "RCV.NXT", "ESTABLISHED", "sequence numbers"),
        source="RFC 9293 §3.3.1",
    ),
    Topic(
        "sequence numbers",
        "every byte has a number",
        what="32 bits for each direction. SEQ is the number of the segment's first byte; ACK is the next one expected.",
        why="The network may lose, repeat and reorder. With numbers the receiver can sort, drop what it has, and name "
        "what is missing.",
        then="SYN and FIN take one number each, a bare ACK none. Real numbers start anywhere and wrap past 4 294 967 "
        "295; relative ones start at 0 (key r).",
        commands=("tcpdump -nS -i any tcp",),
        wireshark="tcp.seq_raw",
        related=("ISS", "SND.NXT", "RCV.NXT", "network"),
        source="RFC 9293 §3.4",
    ),
    Topic(
        "segment",
        "a TCP header and some data, in one IP datagram",
        what="The unit on the wire: ports, sequence and acknowledgment number, flags, window, checksum, options, data.",
        why="Programs write streams; the network carries packets. TCP cuts the stream and numbers the pieces.",
        then="A write may become several segments, several writes one. On the sender's own host, captured segments may "
        "be larger than MSS: the network card cuts them.",
        commands=("tcpdump -nvv -i any tcp", "ethtool -k eth0"),
        wireshark="tcp.len > 0",
        related=("MSS", "sequence numbers", "message framing", "PSH"),
        source="RFC 9293 §3.1",
    ),
    Topic(
        "refused",
        "refused, or filtered",
        what="Refused: a SYN is answered by RST, connect() fails at once. Filtered: no answer at all, the SYN goes out "
        "again and again.",
        why="A host without a listener on the port says so. A firewall that drops, a full queue or a dead host say "
        "nothing.",
        then="ECONNREFUSED after one round trip; ETIMEDOUT after some two minutes of doubling waits; EHOSTUNREACH "
        "where a router answers by ICMP.",
        commands=("tcpwatch demo refused", "ss -tln"),
        wireshark="tcp.flags.reset == 1 || icmp.type == 3",
        related=("SYN-SENT", "RST", "1/3 SYN", "accept queue"),
        source="RFC 9293 §3.5.2, §3.10.7.1",
    ),
    Topic(
        "orphan",
        "closed by its program, not yet done",
        what="A socket that no process holds any more while the kernel still sends its data and its FIN, or waits for "
        "the peer's.",
        why="close() returns at once; an orderly end takes at least a round trip more.",
        then="The kernel is less patient with it: tcp_orphan_retries for what is not acknowledged, tcp_fin_timeout in "
        "FIN-WAIT-2. Data from the peer is answered by RST. It shows as FIN-WAIT-1, FIN-WAIT-2, CLOSING or LAST-ACK "
        "without an owner.",
        commands=(
            "cat /proc/net/sockstat",
            "sysctl net.ipv4.tcp_orphan_retries net.ipv4.tcp_fin_timeout net.ipv4.tcp_max_orphans",
        ),
        wireshark="tcp.flags.fin == 1",
        related=("FIN-WAIT-1", "FIN-WAIT-2", "LAST-ACK", "RST"),
        source="tcp(7)",
    ),
    Topic(
        "message framing",
        "TCP carries bytes and knows no messages",
        what="What was written in one piece may be read in several, and the other way round.",
        why="A segment's borders follow MSS, windows and losses, not the program's calls. So the program must mark "
        "where a message ends: by a length before it, or by a separator.",
        then="read() returns what is there, from 1 byte on. The demo's server sends 4 digits of length, then the text.",
        commands=("tcpwatch demo messages",),
        wireshark="tcp.len > 0",
        related=("segment", "PSH", "Recv-Q"),
        source="RFC 9293 §3.9.1",
    ),
    Topic(
        "HTTP",
        "handshake, request, response, close",
        what="A request line and headers go to the server, a status line, headers and a body come back, all as bytes "
        "of one connection.",
        why="HTTP leaves order and loss to TCP. It marks the end of a body by Content-Length, by chunks, or by the "
        "server's FIN.",
        then="With keep-alive of HTTP the connection stays open for the next request; the end that closes it first "
        "gets TIME-WAIT, often the server.",
        commands=("tcpwatch demo http", "curl -v http://127.0.0.1/"),
        wireshark="http",
        related=("TLS", "1/4 FIN", "TIME-WAIT", "message framing"),
        source="RFC 9112",
    ),
    Topic(
        "TLS",
        "a second handshake, inside the first",
        what="After 3/3 the client sends ClientHello (versions, ciphers, the server's name SNI), the server answers "
        "ServerHello; then both have keys and the rest is encrypted.",
        why="TCP proves where the peer is, not who it is, and hides nothing.",
        then="To TCP all of it is data. TLS 1.3 needs one round trip more, TLS 1.2 two. States, windows and steps stay "
        "visible.",
        commands=("tcpwatch demo https", "openssl s_client -connect 127.0.0.1:443"),
        wireshark="tls.handshake.type == 1",
        related=("HTTP", "3/3 ACK", "segment"),
        source="RFC 8446",
    ),
    Topic(
        "loopback",
        "both ends on this host",
        what="The interface lo (lo0 on macOS) carries what a host sends to itself, 127.0.0.1 and ::1.",
        why="A client and a server on one machine need no network card, but the same TCP. Here both sockets can be "
        "seen, in step.",
        then="Nothing is lost there, segments may be 64 kB long, round trips take some microseconds. A capture on "
        "another interface never shows them.",
        commands=("tcpdump -D", "tcpdump -ni lo -w lo.pcap tcp port 9999"),
        wireshark="tcp.port == 9999",
        related=("MSS", "segment", "TCB"),
        source="RFC 1122 §3.2.1.3",
    ),
    Topic(
        "network",
        "what the network may do, and the rule against it",
        what="It may lose, repeat, delay, reorder and damage any segment, and never says so.",
        why="Each rule of TCP answers one of these: loss, the RTO and retransmission; repeating and reordering, "
        "sequence numbers; delay, three steps to open and 2MSL after the close; damage, the checksum.",
        then="The kernel does all this by itself. The program sees only bytes in order, or an error.",
        commands=("nstat -az TcpRetransSegs TcpInErrs TcpExtTCPOFOQueue", "tcpwatch demo retransmission"),
        wireshark="tcp.analysis.flags",
        related=("RTO", "sequence numbers", "why three", "2MSL"),
        source="RFC 9293 §2.2, §3.8",
    ),
)
