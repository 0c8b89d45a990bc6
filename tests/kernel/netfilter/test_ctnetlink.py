from tcpwatch.kernel.netfilter.ctnetlink import (
    CTA_PROTOINFO,
    CTA_PROTOINFO_TCP,
    CTA_PROTOINFO_TCP_STATE,
    CTA_STATUS,
    CTA_TIMEOUT,
    CTA_TUPLE_ORIG,
    CTA_TUPLE_REPLY,
    IPCTNL_MSG_CT_GET,
    NFGENMSG,
    decode_entry,
    entry_request,
)
from tcpwatch.kernel.rtnetlink.messages import attribute, attributes, messages, nested
from tcpwatch.sockets.host import TrackedConnection
from tcpwatch.wire.segment import reversed_ends
from tests.builders import ends

FOUR = ends(("10.0.0.2", 60564), ("192.0.2.9", 443))
SIX = ends(("2001:db8::1", 60564), ("2001:db8::2", 443))


def tuple_of(asked: bytes) -> bytes:
    """The value of the tuple in a request."""
    [(kind, _, body)] = messages(entry_request(asked, 1))
    assert kind == IPCTNL_MSG_CT_GET
    return attributes(body, NFGENMSG.size)[CTA_TUPLE_ORIG]


def answer(asked: bytes) -> bytes:
    return NFGENMSG.pack(2, 0, 0) + b"".join(
        (
            nested(CTA_TUPLE_ORIG, tuple_of(asked)),
            nested(CTA_TUPLE_REPLY, tuple_of(reversed_ends(asked))),
            attribute(CTA_STATUS, (0b1110).to_bytes(4)),
            attribute(CTA_TIMEOUT, (431_999).to_bytes(4)),
            nested(CTA_PROTOINFO, nested(CTA_PROTOINFO_TCP, attribute(CTA_PROTOINFO_TCP_STATE, b"\3"))),
        )
    )


def test_entry_in_an_answer_has_the_ends_that_were_asked_for() -> None:
    for asked in (FOUR, SIX):
        entry = TrackedConnection("ESTABLISHED", 431_999, True, True, asked, reversed_ends(asked))
        assert decode_entry(answer(asked)) == entry
        assert not entry.translated


def test_answer_that_is_cut_short_is_no_entry() -> None:
    assert decode_entry(b"") is None
    assert decode_entry(answer(FOUR)[:40]) is None
