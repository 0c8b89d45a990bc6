from tcpwatch.kernel.proc.socket_counts import socket_counts

SOCKSTAT = """sockets: used 284
TCP: inuse 7 orphan 1 tw 2 alloc 9 mem 3
UDP: inuse 4 mem 1
"""
SOCKSTAT6 = "TCP6: inuse 5\nUDP6: inuse 1\n"


def test_sockets_in_use_are_those_of_both_ip_versions() -> None:
    assert socket_counts(SOCKSTAT, SOCKSTAT6) == {"inuse": 12, "orphan": 1, "tw": 2, "alloc": 9, "mem": 3}


def test_host_without_ipv6_or_without_the_file() -> None:
    assert socket_counts(SOCKSTAT)["inuse"] == 7
    assert socket_counts("", SOCKSTAT6) == {}
