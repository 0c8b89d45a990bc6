import pytest

from tcpwatch.wire.fragments import LIFETIME_NS, MAX_WAITING, Reassembly
from tcpwatch.wire.ip import Datagram, Fragment
from tcpwatch.wire.layer import UndecodableError

WHOLE = bytes(range(32))


def receive(reassembly: Reassembly, offset: int, piece: bytes, *, ident: int = 7, time_ns: int = 0) -> bytes | str:
    """The whole datagram's bytes after this piece, or the reason why there are none."""
    fragment = Fragment(ident, offset, more=offset + len(piece) < len(WHOLE))
    datagram = Datagram(b"addresses", 6, b"header" + piece, 6, 6 + len(piece), fragment)
    try:
        whole = reassembly.add(datagram, fragment, time_ns)
    except UndecodableError as reason:
        return str(reason)
    assert (whole.addresses, whole.protocol, whole.fragment) == (b"addresses", 6, None)
    return whole.data[whole.start : whole.end]


@pytest.mark.parametrize("order", [(0, 8, 24), (24, 8, 0), (8, 0, 24)], ids=str)
def test_fragments_in_any_order(order: tuple[int, ...]) -> None:
    pieces = {0: WHOLE[:8], 8: WHOLE[8:24], 24: WHOLE[24:]}
    reassembly = Reassembly()
    answers = [receive(reassembly, offset, pieces[offset]) for offset in order]
    assert answers == ["fragment", "fragment", WHOLE]


def test_fragment_that_comes_twice_counts_once() -> None:
    reassembly = Reassembly()
    assert receive(reassembly, 0, WHOLE[:16]) == "fragment"
    assert receive(reassembly, 0, WHOLE[:16]) == "fragment"
    assert receive(reassembly, 16, WHOLE[16:]) == WHOLE


def test_fragment_that_contradicts_ends_the_datagram() -> None:
    reassembly = Reassembly()
    receive(reassembly, 0, WHOLE[:16])
    assert receive(reassembly, 0, bytes(16)) == "overlapping fragments"
    assert receive(reassembly, 16, WHOLE[16:]) == "fragment"


def test_fragments_that_overlap_and_agree() -> None:
    reassembly = Reassembly()
    receive(reassembly, 0, WHOLE[:16])
    receive(reassembly, 16, WHOLE[16:])
    for offset, piece in ((8, WHOLE[8:24]), (0, WHOLE[:16])):
        assert receive(reassembly, offset, piece) == "fragment"
    assert receive(reassembly, 24, WHOLE[24:]) == WHOLE


def test_fragments_that_overlap_and_contradict_make_nothing() -> None:
    reassembly = Reassembly()
    receive(reassembly, 0, WHOLE[:16])
    receive(reassembly, 8, bytes(16))
    assert receive(reassembly, 24, WHOLE[24:]) == "fragment"


def test_fragments_with_a_hole_wait_though_overlaps_fill_the_count() -> None:
    reassembly = Reassembly()
    receive(reassembly, 8, WHOLE[8:24])
    receive(reassembly, 16, WHOLE[16:24])
    assert receive(reassembly, 24, WHOLE[24:]) == "fragment"
    assert receive(reassembly, 0, WHOLE[:8]) == WHOLE


def test_fragment_beyond_the_last_ends_the_datagram() -> None:
    reassembly = Reassembly()
    receive(reassembly, 24, WHOLE[24:])
    assert reason_of(reassembly, Fragment(7, 32, more=True), bytes(8)) == "overlapping fragments"


def test_fragments_that_claim_more_than_a_datagram_are_dropped() -> None:
    reassembly = Reassembly()
    answers = [reason_of(reassembly, Fragment(7, offset, more=True), bytes(40_000)) for offset in (0, 8)]
    assert answers == ["fragment", "overlapping fragments"]


def reason_of(reassembly: Reassembly, fragment: Fragment, piece: bytes) -> str:
    with pytest.raises(UndecodableError) as reason:
        reassembly.add(Datagram(b"addresses", 6, piece, 0, len(piece), fragment), fragment, 0)
    return str(reason.value)


def test_fragment_that_was_sliced_is_not_used() -> None:
    fragment = Fragment(7, 0, more=False)
    with pytest.raises(UndecodableError, match="sliced fragment"):
        Reassembly().add(Datagram(b"addresses", 6, WHOLE[:10], 0, 32, fragment), fragment, 0)


def test_fragments_of_two_datagrams_stay_apart() -> None:
    reassembly = Reassembly()
    receive(reassembly, 0, WHOLE[:16], ident=1)
    assert receive(reassembly, 16, WHOLE[16:], ident=2) == "fragment"
    assert receive(reassembly, 16, WHOLE[16:], ident=1) == WHOLE


def test_fragment_too_old_is_forgotten() -> None:
    reassembly = Reassembly()
    receive(reassembly, 0, WHOLE[:16])
    assert receive(reassembly, 16, WHOLE[16:], time_ns=LIFETIME_NS + 1) == "fragment"


def test_oldest_datagram_gives_way() -> None:
    reassembly = Reassembly()
    for ident in range(MAX_WAITING + 1):
        receive(reassembly, 0, WHOLE[:16], ident=ident)
    assert receive(reassembly, 16, WHOLE[16:], ident=0) == "fragment"
    assert receive(reassembly, 16, WHOLE[16:], ident=MAX_WAITING) == WHOLE
