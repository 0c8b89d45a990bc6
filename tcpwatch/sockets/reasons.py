"""What the kernel's reasons mean: why it sent an RST, and why it dropped a segment. Pure.

Each meaning is a fragment that follows "because": "this host reset the connection because …". The words are those of
`enum sk_rst_reason` (include/net/rstreason.h) and `enum skb_drop_reason` (include/net/dropreason-core.h).
"""

NOBODY_THERE = "NO_SOCKET"
RESET_MEANINGS = {
    NOBODY_THERE: "no socket here has these addresses and ports",
    "TCP_ABORT_ON_CLOSE": "the program closed it with received data still unread",
    "TCP_STATE": (
        "the program gave it up at once: SO_LINGER of 0 seconds, connect(AF_UNSPEC), or its listener was closed before "
        "accept()"
    ),
    "TCP_ABORT_ON_LINGER": "the program closed it and does not wait for the peer's FIN (TCP_LINGER2 below 0)",
    "TCP_ABORT_ON_DATA": "a segment came for a connection that the program had closed already",
    "TCP_TIMEWAIT_SOCKET": "a segment came for a connection that the program had closed already",
    "TCP_ABORT_ON_MEMORY": "too many closed connections were waiting, or TCP had no memory left",
    "TCP_KEEPALIVE_TIMEOUT": "the peer answered none of the keep-alive probes",
    "TCP_DISCONNECT_WITH_DATA": "the program gave it up with data still unsent",
    "TCP_FLAGS": "a segment came that does not fit the socket's state, as a FIN or an ACK at a listener",
    "TCP_INVALID_ACK_SEQUENCE": "the peer acknowledged what was never sent",
    "TCP_ACK_UNSENT_DATA": "the peer acknowledged what was never sent",
    "TCP_OLD_ACK": "the handshake's ACK was an old one",
    "TCP_TOO_OLD_ACK": "the peer's ACK was too old to be one of this connection",
    "TCP_RFC7323_PAWS": "the peer's timestamp went back",
    "INVALID_SYN": "a SYN came in the middle of the connection",
    "MPTCP_RST_EUNSPEC": "Multipath TCP ended this path without saying why",
    "MPTCP_RST_EMPTCP": "Multipath TCP options were wrong or missing",
    "MPTCP_RST_ERESOURCE": "Multipath TCP had no room for one more path",
    "MPTCP_RST_EPROHIBIT": "Multipath TCP may not use this path",
    "MPTCP_RST_EWQ2BIG": "too much data waited on this path of Multipath TCP",
    "MPTCP_RST_EBADPERF": "this path of Multipath TCP was too slow",
    "MPTCP_RST_EMIDDLEBOX": "something in between changes the options of Multipath TCP",
    "ERROR": "handling a segment of it failed",
}

DROP_MEANINGS = {
    "NO_SOCKET": "no socket here has these addresses and ports",
    "NETFILTER_DROP": "a firewall rule on this host drops or rejects it (nftables, iptables)",
    "SOCKET_FILTER": "a filter that the program put on its socket (SO_ATTACH_FILTER, BPF) refuses it",
    "BPF_CGROUP_EGRESS": "a BPF program of its control group refuses it",
    "SECURITY_HOOK": "a security module refuses it",
    "XDP": "a BPF program on the interface (XDP) drops it",
    "TC_INGRESS": "a traffic control rule drops it on its way in",
    "TC_EGRESS": "a traffic control rule drops it on its way out",
    "XFRM_POLICY": "an IPsec policy forbids it",
    "TCP_LISTEN_OVERFLOW": "the listener's accept queue is full",
    "TCP_CSUM": "its TCP checksum is wrong",
    "SKB_CSUM": "its checksum could not be made",
    "IP_CSUM": "the checksum of its IP header is wrong",
    "IP_INHDR": "its IP header is damaged",
    "PKT_TOO_SMALL": "it is shorter than its headers",
    "HDR_TRUNC": "it is shorter than its headers",
    "PKT_TOO_BIG": "it is larger than the path's MTU",
    "IP_RPFILTER": "the route back leads over another interface (reverse path filter)",
    "IP_INNOROUTES": "this host has no route for it",
    "IP_OUTNOROUTES": "this host has no route to its destination",
    "IP_INADDRERRORS": "this host does not take its destination address",
    "IP_LOCAL_SOURCE": "it came from outside with an address of this host as its source",
    "IP_INVALID_SOURCE": "its source address is not one that a host may have",
    "IP_INVALID_DEST": "its destination address is not one that a host may have",
    "IP_LOCALNET": "it came from outside with a loopback address",
    "NEIGH_FAILED": "the next hop does not answer (ARP, neighbour discovery)",
    "NEIGH_CREATEFAIL": "no entry for the next hop could be made (ARP, neighbour discovery)",
    "NEIGH_QUEUEFULL": "too much waits for the next hop to answer (ARP, neighbour discovery)",
    "NEIGH_DEAD": "the entry of the next hop was given up (ARP, neighbour discovery)",
    "QDISC_DROP": "the interface's queue drops it",
    "QDISC_OVERLIMIT": "the interface's queue is over its limit",
    "QDISC_CONGESTED": "the interface's queue sees congestion",
    "FQ_BAND_LIMIT": "the interface's queue is over its limit",
    "FQ_FLOW_LIMIT": "the interface's queue has too much of this connection",
    "FQ_HORIZON_LIMIT": "it was to be sent too far in the future",
    "CPU_BACKLOG": "the CPU does not keep up with what comes in (net.core.netdev_max_backlog)",
    "FULL_RING": "a ring of the interface is full",
    "DEV_READY": "the interface is not ready",
    "SOCKET_BACKLOG": "too much waits for the socket while its program is in a system call",
    "SOCKET_RCVBUFF": "the socket's receive buffer is full",
    "SOCKET_CLOSE": "the socket was being closed",
    "PROTO_MEM": "the receive buffer is full, or TCP has no memory left (tcp_mem)",
    "NOMEM": "the kernel had no memory",
    "PFMEMALLOC": "the kernel is short of memory",
    "TCP_ZEROWINDOW": "the socket's window is shut: its program does not read",
    "TCP_OVERWINDOW": "it lies beyond the window",
    "TCP_INVALID_SEQUENCE": "its sequence number is not in the window",
    "TCP_INVALID_END_SEQUENCE": "its end is not in the window",
    "TCP_OLD_SEQUENCE": "all of it was received before",
    "TCP_OLD_DATA": "all of it was received before",
    "TCP_OFOMERGE": "all of it was received before, out of order",
    "TCP_OFO_QUEUE_PRUNE": "memory was short for what came out of order",
    "TCP_OFO_DROP": "memory was short for what came out of order",
    "TCP_RFC7323_PAWS": "its timestamp went back (PAWS)",
    "TCP_RFC7323_PAWS_ACK": "its timestamp went back (PAWS)",
    "TCP_RFC7323_TW_PAWS": "its timestamp is older than that of the connection in TIME-WAIT (PAWS)",
    "TCP_RFC7323_TSECR": "it echoes a timestamp that was never sent",
    "TCP_INVALID_ACK_SEQUENCE": "it acknowledges what was never sent",
    "TCP_ACK_UNSENT_DATA": "it acknowledges what was never sent",
    "TCP_TOO_OLD_ACK": "its ACK is too old to be one of this connection",
    "TCP_OLD_ACK": "its ACK is an old one",
    "TCP_RESET": "it resets the connection",
    "TCP_INVALID_SYN": "a SYN came in the middle of the connection",
    "TCP_CLOSE": "the socket was closed",
    "TCP_FLAGS": "its flags do not fit the socket's state",
    "TCP_FASTOPEN": "TCP Fast Open does not take it",
    "TCP_ABORT_ON_DATA": "it brings data for a connection that the program has closed",
    "TCP_MINTTL": "its TTL is below the one that the program asks for (IP_MINTTL)",
    "TCP_MD5NOTFOUND": "it lacks the MD5 signature that the program asks for",
    "TCP_MD5UNEXPECTED": "it has an MD5 signature that nobody asked for",
    "TCP_MD5FAILURE": "its MD5 signature is wrong",
    "TCP_AUTH_HDR": "its authentication option is wrong",
    "TCP_AONOTFOUND": "it lacks the authentication option (TCP-AO) that the program asks for",
    "TCP_AOUNEXPECTED": "it has an authentication option (TCP-AO) that nobody asked for",
    "TCP_AOKEYNOTFOUND": "its authentication key (TCP-AO) is unknown here",
    "TCP_AOFAILURE": "its authentication (TCP-AO) is wrong",
    "IPV6DISABLED": "IPv6 is switched off on the interface",
}

ORDINARY_DROPS = frozenset(
    {
        *("TCP_OLD_SEQUENCE", "TCP_OLD_DATA", "TCP_OFOMERGE", "TCP_OLD_ACK", "TCP_RESET", "TCP_CLOSE"),
        *("NO_SOCKET", "TCP_ABORT_ON_DATA", "TCP_FLAGS"),  # an RST answers these, and tells more
    }
)
"""Drops that harm no connection: what was dropped had arrived before, ends the connection, or is answered."""


def reset_meaning(reason: str) -> str:
    """What a reason for an RST means; a word that is not known is shown as it is."""
    return RESET_MEANINGS.get(reason, f"the kernel says {reason}")


def drop_meaning(reason: str) -> str:
    """What a reason for dropping a segment means; a word that is not known is shown as it is."""
    return DROP_MEANINGS.get(reason, f"the kernel says {reason}")
