"""What the kernel tells of each situation that goes wrong: real sockets in a namespace of their own."""

import shutil
import sys

import pytest

from tests.e2e.conftest import Place
from tests.kernel.bpf.allowed import needs_reasons

pytestmark = [
    pytest.mark.e2e,
    needs_reasons,
    pytest.mark.skipif(shutil.which("nft") is None, reason="needs nftables"),
]

TOLD = {
    "ordinary_close": (),
    "unread": (
        "server resets: TCP_ABORT_ON_CLOSE, CLOSED, active",
        "client is told: 104 soft 0, CLOSED",
        "TCPAbortOnClose +1",
    ),
    "linger_zero": (
        "server resets: TCP_STATE, CLOSED, active",
        "client is told: 104 soft 0, CLOSED",
        "TCPAbortOnData +1",
    ),
    "connect_unspec": ("client resets: TCP_STATE, CLOSED, active", "server is told: 104 soft 0, CLOSED"),
    "listener_closed": ("server resets: TCP_STATE, CLOSED, active", "client is told: 104 soft 0, CLOSED"),
    "closed_port": (
        "server resets: NO_SOCKET, no socket, answers SYN",
        "server drops in: NO_SOCKET, no socket, SYN, tcp_v4_rcv",
        "client is told: 111 soft 0, CLOSED",
    ),
    "closed_port_v6": (
        "server resets: NO_SOCKET, no socket, answers SYN",
        "server drops in: NO_SOCKET, no socket, SYN, tcp_v6_rcv",
        "client is told: 111 soft 0, CLOSED",
    ),
    "vanished": (
        "server resets: TCP_STATE, CLOSED, active",
        "server drops out: NETFILTER_DROP, CLOSED without cookie, RST,ACK, nft_do_chain",
        "server resets: NO_SOCKET, no socket, answers FIN,ACK",
        "server drops in: NO_SOCKET, no socket, FIN,ACK, tcp_v4_rcv",
        "TCPAbortOnData +1",
        "TCPAbortFailed +1",
    ),
    "stray_at_listener": (
        "server resets: TCP_STATE, CLOSED, active",
        "server drops out: NETFILTER_DROP, CLOSED without cookie, RST,ACK, nft_do_chain",
        "server resets: TCP_FLAGS, LISTEN, answers FIN,ACK",
        "server drops in: TCP_FLAGS, LISTEN, FIN,ACK, tcp_v4_do_rcv",
        "TCPAbortOnData +1",
        "TCPAbortFailed +1",
    ),
    "data_after_close": (
        "server resets: TCP_TIMEWAIT_SOCKET, TIME-WAIT, answers PSH,ACK",
        "client is told: 32 soft 0, CLOSED",
    ),
    "data_to_orphan": (
        "server drops out: NETFILTER_DROP, FIN-WAIT-1 without cookie, FIN,ACK, nft_do_chain",
        "server resets: TCP_ABORT_ON_DATA, CLOSED, answers PSH,ACK",
        "server drops in: TCP_ABORT_ON_DATA, CLOSED, PSH,ACK, tcp_v4_do_rcv",
        "client is told: 104 soft 0, CLOSED",
        "TCPAbortOnData +1",
    ),
    "linger2": (
        "server resets: TCP_ABORT_ON_DATA, CLOSED, answers ACK",
        "server drops in: TCP_ABORT_ON_DATA, CLOSED, ACK, tcp_v4_do_rcv",
        "client is told: 32 soft 0, CLOSED",
        "TCPAbortOnData +1",
    ),
    "keepalive": (
        "server resets: TCP_KEEPALIVE_TIMEOUT, ESTABLISHED, active",
        "server is told: 110 soft 0, CLOSED",
        "client drops in: SOCKET_FILTER, ESTABLISHED, ACK, tcp_v4_rcv",
        "client drops in: SOCKET_FILTER, ESTABLISHED, RST,ACK, tcp_v4_rcv",
        "TCPAbortOnTimeout +1",
    ),
    "user_timeout": (
        "server is told: 110 soft 0, CLOSED",
        "client drops in: SOCKET_FILTER, ESTABLISHED, PSH,ACK, tcp_v4_rcv",
        "TCPAbortOnTimeout +1",
    ),
    "reject_with_reset": (
        "server drops in: NETFILTER_DROP, no socket, SYN, nft_do_chain",
        "client is told: 111 soft 0, CLOSED",
    ),
    "icmp_unreachable": (
        "server drops in: NETFILTER_DROP, no socket, SYN, nft_do_chain",
        "client is told: 0 soft 113, SYN-SENT",  # of the second ICMP, with the error of the first
        "client is told: 113 soft 113, CLOSED",
    ),
    "reset_in_close_wait": (
        "client resets: TCP_STATE, CLOSED, active",
        "server is told: 32 soft 0, CLOSED",
        "TCPAbortOnData +1",
    ),
    "drop_in": ("server drops in: NETFILTER_DROP, no socket, SYN, nft_do_chain",),
    "drop_out": ("client drops out: NETFILTER_DROP, SYN-SENT without cookie, SYN, nft_do_chain",),
    "drop_of_a_connection": ("server drops in: NETFILTER_DROP, no socket, PSH,ACK, nft_do_chain",),
    "checksum": ("server drops in: TCP_CSUM, no socket, SYN, tcp_v4_rcv",),
    "socket_filter": ("server drops in: SOCKET_FILTER, ESTABLISHED, PSH,ACK, tcp_v4_rcv",),
    "deferred": (),
    "deferred_overflow": ("server drops in: TCP_LISTEN_OVERFLOW, LISTEN, PSH,ACK, tcp_v4_rcv",),
    "accept_queue_full": (),
}
"""What is told of each situation on Linux 6.18; what is told of it more than once stands here once."""

NEVER_ASKED = " without cookie"  # unless another watcher of this host has asked for one
COUNTED_BESIDE = ("ListenOverflows", "ListenDrops")  # how many depends on how often a SYN was sent


@pytest.mark.parametrize("situation", TOLD)
def test_kernel_tells_what_went_wrong(place: Place, situation: str) -> None:
    done = place.run(sys.executable, "-m", "tests.e2e.provoked", situation)
    assert done.returncode == 0, done.stderr
    told = {line.replace(NEVER_ASKED, "") for line in done.stdout.splitlines() if not line.startswith(COUNTED_BESIDE)}
    assert told == {line.replace(NEVER_ASKED, "") for line in TOLD[situation]}


def test_full_accept_queue_is_counted_only(place: Place) -> None:
    told = place.run(sys.executable, "-m", "tests.e2e.provoked", "accept_queue_full").stdout
    assert "ListenOverflows" in told


def test_reader_that_is_stuck_drops_probes(place: Place) -> None:
    """Which segments do not fit depends on how the buffers grew; all of them are the client's, and none is an RST."""
    told = place.run(sys.executable, "-m", "tests.e2e.provoked", "reader_stuck").stdout.splitlines()
    assert told
    assert all(line.startswith("server drops in: ") and ", ESTABLISHED, " in line for line in told)
