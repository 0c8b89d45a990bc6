"""Provokes mishaps in the network namespace it is run in, and prints what the kernel tells of them, a line each.

    python -m tests.e2e.provoked SITUATION

The situations are the functions of `SITUATIONS`. The server has port 8088; the lines name its end or the client's.
"""

import ctypes
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from tcpwatch.kernel.bpf.loader import read_btf
from tcpwatch.kernel.bpf.mishaps import TracepointMishaps
from tcpwatch.kernel.proc.netstat import Netstat
from tcpwatch.sockets.mishaps import Mishap, ResetSent, SegmentDropped, SocketError
from tcpwatch.wire.segment import endpoints, flag_names
from tests.kernel.real_sockets import abort, attach_drop_filter

PORT = 8088
SHORT_S = 0.05
CHAINS = " ".join(f"chain {name} {{ type filter hook {name}put priority 0; }};" for name in ("in", "out"))


def nft(*words: str) -> None:
    subprocess.run(["nft", *words], check=True, capture_output=True)


def rule(chain: str, *words: str) -> None:
    nft("add", "rule", "inet", "provoked", chain, *words)


def no_rules() -> None:
    nft("flush", "table", "inet", "provoked")


def listener(host: str = "127.0.0.1") -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((host, PORT))
    opened.listen()
    return opened


def pair(host: str = "127.0.0.1") -> tuple[socket.socket, socket.socket, socket.socket]:
    """The listener, the client, and the server's end of the connection."""
    listening = listener(host)
    client = socket.create_connection((host, PORT))
    server, _ = listening.accept()
    return listening, client, server


def settle() -> None:
    time.sleep(SHORT_S)


Kept = tuple[socket.socket, ...]


def ordinary_close() -> Kept:
    listening, client, server = pair()
    client.send(b"all of it")
    server.recv(100)
    client.close()
    settle()
    server.close()
    return (listening,)


def unread() -> Kept:
    listening, client, server = pair()
    client.send(b"unread")
    settle()
    server.close()
    return listening, client


def linger_zero() -> Kept:
    listening, client, server = pair()
    abort(server)
    return listening, client


def connect_unspec() -> Kept:
    listening, client, server = pair()
    ctypes.CDLL(None).connect(client.fileno(), bytes(16), 16)
    return listening, client, server


def listener_closed() -> Kept:
    listening = listener()
    client = socket.create_connection(("127.0.0.1", PORT))
    listening.close()
    return (client,)


def closed_port(host: str = "127.0.0.1") -> Kept:
    with suppress(ConnectionRefusedError):
        socket.create_connection((host, PORT))
    return ()


def closed_port_v6() -> Kept:
    return closed_port("::1")


def vanish(server: socket.socket) -> None:
    """Let the server's end go without a word."""
    rule("out", "tcp", "flags", "rst", "drop")
    abort(server)
    no_rules()


def vanished() -> Kept:
    listening, client, server = pair()
    listening.close()
    vanish(server)
    client.close()
    return ()


def stray_at_listener() -> Kept:
    listening, client, server = pair()
    vanish(server)
    client.close()
    return (listening,)


def data_after_close() -> Kept:
    listening, client, server = pair()
    server.close()
    settle()
    client.send(b"late")
    return listening, client


def data_to_orphan() -> Kept:
    listening, client, server = pair()
    rule("out", "tcp", "sport", str(PORT), "tcp", "flags", "fin", "drop")
    server.close()
    no_rules()
    client.send(b"late")
    return listening, client


def linger2() -> Kept:
    listening, client, server = pair()
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, -1)
    server.close()
    return listening, client


def keepalive() -> Kept:
    listening, client, server = pair()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT):
        server.setsockopt(socket.IPPROTO_TCP, option, 1)
    attach_drop_filter(client)
    time.sleep(2.6)
    return listening, client, server


def user_timeout() -> Kept:
    listening, client, server = pair()
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
    attach_drop_filter(client)
    server.send(b"lost")
    time.sleep(1.2)
    return listening, client, server


def reject_with_reset() -> Kept:
    listening = listener()
    rule("in", "tcp", "dport", str(PORT), "reject", "with", "tcp", "reset")
    with suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", PORT))
    return (listening,)


def icmp_unreachable() -> Kept:
    rule("in", "tcp", "dport", str(PORT), "reject", "with", "icmp", "host-unreachable")
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", PORT))
    time.sleep(1.2)  # what comes while connect() holds the socket is no event; the next SYN is sent after a second
    return (client,)


def reset_in_close_wait() -> Kept:
    listening, client, server = pair()
    client.shutdown(socket.SHUT_WR)
    settle()
    abort(client)
    return listening, server


def filtered(chain: str, *words: str) -> Kept:
    listening = listener()
    rule(chain, *words, "drop")
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(("127.0.0.1", PORT))
    return listening, client


def drop_in() -> Kept:
    return filtered("in", "tcp", "dport", str(PORT))


def drop_out() -> Kept:
    return filtered("out", "tcp", "dport", str(PORT))


def drop_of_a_connection() -> Kept:
    listening, client, server = pair()
    rule("in", "tcp", "dport", str(PORT), "drop")
    client.send(b"lost")
    return listening, client, server


def checksum() -> Kept:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
        raw.sendto(struct.pack("!HHIIBBHHH", 50000, PORT, 1, 0, 0x50, 0x02, 1000, 0x1234, 0), ("127.0.0.1", 0))
    return (listener(),)


def socket_filter() -> Kept:
    listening, client, server = pair()
    attach_drop_filter(server)
    client.send(b"x")
    return listening, client, server


def defer(listening: socket.socket) -> None:
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)


def deferred() -> Kept:
    listening = listener()
    defer(listening)
    return listening, socket.create_connection(("127.0.0.1", PORT))


def deferred_overflow() -> Kept:
    listening = listener()
    defer(listening)
    clients = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(4)]
    listening.listen(0)
    for client in clients:
        client.send(b"request")
        settle()
    return listening, *clients


def accept_queue_full() -> Kept:
    listening = listener()
    listening.listen(0)
    clients = [socket.socket() for _ in range(4)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", PORT))
        settle()
    return listening, *clients


def reader_stuck() -> Kept:
    listening, client, server = pair()
    client.setblocking(False)
    for _ in range(20):
        with suppress(BlockingIOError):
            while client.send(bytes(1 << 16)):
                pass
        settle()
    return listening, client, server


SITUATIONS: dict[str, Callable[[], Kept]] = {
    made.__name__: made
    for made in (
        *(ordinary_close, unread, linger_zero, connect_unspec, listener_closed, closed_port, closed_port_v6, vanished),
        *(stray_at_listener, data_after_close, data_to_orphan, linger2, keepalive, user_timeout, reject_with_reset),
        *(icmp_unreachable, reset_in_close_wait, drop_in, drop_out, drop_of_a_connection, checksum, socket_filter),
        *(deferred, deferred_overflow, accept_queue_full, reader_stuck),
    )
}


def told(mishap: Mishap) -> str:
    """A mishap in one line."""
    ends = mishap.ends_here if isinstance(mishap, SegmentDropped) else mishap.ends
    who = "server" if endpoints(ends)[0].port == PORT else "client"
    socket_words = f"{mishap.state or 'no socket'}{'' if mishap.cookie or not mishap.state else ' without cookie'}"
    match mishap:
        case ResetSent():
            how = f"answers {flag_names(mishap.answered_flags or 0)}" if mishap.answers else "active"
            return f"{who} resets: {mishap.reason}, {socket_words}, {how}"
        case SocketError():
            return f"{who} is told: {mishap.number} soft {mishap.soft}, {socket_words}"
    way = "in" if mishap.received else "out"
    return f"{who} drops {way}: {mishap.reason}, {socket_words}, {flag_names(mishap.flags)}, {mishap.location}"


def main(name: str) -> None:
    nft(f"table inet provoked {{ {CHAINS} }}")
    netstat = Netstat()
    before = netstat.read()
    watching = TracepointMishaps.open(read_btf())
    kept = SITUATIONS[name]()
    settle()
    lines = [told(mishap) for mishap in watching.read().newest]
    after = netstat.read()
    lines += [f"{counter} +{value - before[counter]}" for counter, value in after.items() if value != before[counter]]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    assert watching.lost == 0
    del kept


if __name__ == "__main__":
    main(sys.argv[1])
