"""Who sent an RST, by its TTL and IP id beside those of the other segments of its direction."""

import pytest

from tcpwatch.tcp.reset_origin import ResetOrigin, ResetSender, Way

PEER, IN_BETWEEN, UNKNOWN = ResetSender


def origin(*before: int, ttl: int, ids: tuple[int | None, ...] = (), ip_id: int | None = 0) -> ResetOrigin:
    """Of an RST after segments with these TTLs and ids."""
    way = Way()
    for number, usual in enumerate(before):
        way.note(usual, ids[number] if ids else 0)
    return way.origin_of_reset(ttl, ip_id, silent_ns=7)


@pytest.mark.parametrize(
    ("before", "ttl", "sender", "sure"),
    [
        ((57, 57, 57), 57, PEER, False),
        ((57, 56, 57), 56, PEER, False),  # it comes by two ways
        ((57, 57, 57), 64, IN_BETWEEN, True),
        ((57, 57, 57), 61, IN_BETWEEN, True),
        ((57, 57, 57), 254, IN_BETWEEN, True),  # a router's own
        ((57,), 61, IN_BETWEEN, False),  # the SYN-ACK may have been another's
        ((63, 63, 63), 64, IN_BETWEEN, False),  # the only router on the way
        ((57, 57), 58, UNKNOWN, False),
        ((57, 57, 56), 58, UNKNOWN, False),
        ((57, 57, 57), 56, UNKNOWN, False),  # a hop farther
        ((57, 57, 57), 121, UNKNOWN, False),  # as far, with another initial TTL
        ((57, 57, 57), 50, IN_BETWEEN, False),  # farther than the peer: no router on this way
        ((), 64, UNKNOWN, False),
    ],
)
def test_sender_by_ttl(before: tuple[int, ...], ttl: int, sender: ResetSender, sure: bool) -> None:
    found = origin(*before, ttl=ttl)
    assert (found.sender, found.sure) == (sender, sure)


@pytest.mark.parametrize(
    ("ids", "ip_id", "sure"),
    [
        ((10, 11, 12), 13, True),
        ((10, 11, 12), 90, True),
        ((65_534, 65_535, 0), 1, True),
        ((10, 11, 12), 0, False),  # Linux, where no socket is
        ((10, 11, 12), 40_000, False),
        ((0, 0, 0), 0, False),
        ((9_000, 100, 40_000), 40_001, False),  # they are random
        ((None, None, None), None, False),
    ],
)
def test_peer_is_sure_where_its_ids_go_on(ids: tuple[int | None, ...], ip_id: int | None, sure: bool) -> None:
    found = origin(57, 57, 57, ttl=57, ids=ids, ip_id=ip_id)
    assert (found.sender, found.sure) == (PEER, sure)


def test_ids_that_go_on_against_the_ttl() -> None:
    assert origin(57, 57, 57, ttl=64, ids=(10, 11, 12), ip_id=13).sender is UNKNOWN


def test_origin_has_its_numbers() -> None:
    found = origin(57, 56, ttl=62, ids=(3, 4), ip_id=0)
    assert (found.ttl, found.usual_ttls, found.ip_id, found.last_ip_id, found.silent_ns) == (62, (56, 57), 0, 4, 7)
    assert (found.hops, found.usual_hops) == (2, 7)


def test_origin_without_another_segment() -> None:
    found = origin(ttl=64)
    assert (found.usual_ttls, found.usual_hops, found.last_ip_id) == (None, None, None)
