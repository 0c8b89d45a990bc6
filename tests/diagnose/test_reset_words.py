"""What tells who sent an RST, in words."""

from tcpwatch.diagnose.reset_words import origin_evidence
from tcpwatch.tcp.reset_origin import ResetSender
from tests.diagnose.happenings import origin

SECOND = 1_000_000_000


def test_ttl_that_differs_stands_beside_the_others() -> None:
    [words] = origin_evidence(origin(ResetSender.IN_BETWEEN, ttl=253, usual_ttls=(50, 51)))
    assert str(words) == (
        "its TTL is 253, that of the other segments from there 50-51: it came over 2 routers, they over 13"
    )


def test_ttl_that_is_theirs_and_one_without_others() -> None:
    [same] = origin_evidence(origin(ResetSender.PEER, ttl=63))
    [alone] = origin_evidence(origin(ResetSender.UNKNOWN, usual_ttls=None))
    assert str(same) == "its TTL, 63, is that of the other segments from there"
    assert str(alone) == "its TTL is 64; no other segment from there was seen to compare it with"


def test_long_silence_is_told_with_what_boxes_in_between_do() -> None:
    _, silence = origin_evidence(origin(ResetSender.IN_BETWEEN, silent_ns=362 * SECOND))
    assert str(silence) == (
        "nothing had come from there for 6m02s; boxes in between forget an idle connection after 60, 240, 350 s"
    )
    assert len(origin_evidence(origin(ResetSender.IN_BETWEEN, silent_ns=59 * SECOND))) == 1
