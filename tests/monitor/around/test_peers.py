"""The other end, with one namespace and with several."""

from dataclasses import replace

from tcpwatch.monitor.around.peers import Peers
from tcpwatch.sockets.namespace import Namespace
from tests.builders import CLIENT, SERVER, ends, row

HERE, BLUE, RED = Namespace(1, here=True), Namespace(2, "blue"), Namespace(3, "red")
NEAR, FAR = ("10.0.0.1", 80), ("10.0.0.2", 40_000)


def test_other_end_in_the_only_namespace() -> None:
    server, client = row(cookie=1, ends=ends(SERVER, CLIENT)), row(cookie=2, ends=ends(CLIENT, SERVER))
    peers = Peers([server, client])
    assert (peers.of(server), peers.of(client)) == (2, 1)
    assert Peers([server]).of(server) is None


def test_other_end_of_loopback_is_in_the_same_namespace() -> None:
    pairs = [
        row(cookie=cookie, ends=pair, netns=netns)
        for cookie, pair, netns in (
            (1, ends(SERVER, CLIENT), BLUE),
            (2, ends(CLIENT, SERVER), BLUE),
            (3, ends(SERVER, CLIENT), RED),
            (4, ends(CLIENT, SERVER), RED),
            (5, ends(SERVER, CLIENT), HERE),
        )
    ]
    peers = Peers(pairs)
    assert [peers.of(one) for one in pairs] == [2, 1, 4, 3, None]


def test_other_end_of_a_cable_is_in_the_other_namespace() -> None:
    server, client = row(cookie=1, ends=ends(NEAR, FAR), netns=HERE), row(cookie=2, ends=ends(FAR, NEAR), netns=BLUE)
    peers = Peers([server, client])
    assert (peers.of(server), peers.of(client)) == (2, 1)


def test_nearest_of_two_other_ends_is_taken() -> None:
    rows = [
        row(cookie=1, ends=ends(NEAR, FAR), netns=BLUE),
        row(cookie=2, ends=ends(FAR, NEAR), netns=BLUE),
        row(cookie=3, ends=ends(FAR, NEAR), netns=HERE),
    ]
    assert Peers(rows).of(rows[0]) == 2


def test_socket_connected_to_itself_has_no_other_end() -> None:
    alone = row(ends=ends(SERVER, SERVER), netns=BLUE)
    assert Peers([alone]).of(alone) is None
    assert Peers([alone, row(cookie=9, netns=HERE)]).of(alone) is None


def test_peers_are_equal_where_every_socket_has_the_same_other_end() -> None:
    server, client = row(cookie=1, ends=ends(SERVER, CLIENT)), row(cookie=2, ends=ends(CLIENT, SERVER))
    later = replace(client, recv_q=9)
    assert Peers([server, client]) == Peers([later, server])
    assert Peers([server, client]) != Peers([server])
    assert Peers([server, client]) != Peers([server, replace(client, cookie=3)])


def test_peers_are_not_equal_where_a_socket_has_moved_to_another_namespace() -> None:
    blue = row(cookie=1, ends=ends(SERVER, CLIENT), netns=BLUE)
    first, second = (row(cookie=2, ends=ends(CLIENT, SERVER), netns=netns) for netns in (BLUE, RED))
    here = row(cookie=3, ends=ends(NEAR, FAR), netns=HERE)
    assert Peers([here, blue, first]) != Peers([here, blue, second])


def test_other_end_is_not_known_where_two_links_have_the_same_ends() -> None:
    server = row(cookie=1, ends=ends(SERVER, CLIENT), interface=2)
    clients = [row(cookie=cookie, ends=ends(CLIENT, SERVER), interface=cookie) for cookie in (2, 3)]
    assert Peers([server, *clients]).of(server) is None
    assert Peers([server, clients[0]]).of(server) == 2
