import struct

from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.kernel.rtnetlink.messages import (
    NLMSG_ERROR,
    TYPE_MASK,
    attribute,
    attributes,
    error_of,
    messages,
    nested,
    request,
)


def test_messages_of_one_datagram_come_in_their_order() -> None:
    first, second = request(16, 0, 1, b"abc"), request(17, 0, 2, b"")
    assert list(messages(first + b"\0" + second)) == [(16, 1, b"abc"), (17, 2, b"")]


def test_message_that_is_cut_short_is_left_out() -> None:
    assert list(messages(request(16, 0, 1, b"abcd")[:-1])) == []


def test_attributes_are_read_by_type_without_their_padding() -> None:
    body = attribute(3, b"lo\0") + nested(8, attribute(2, b"\x05"))
    found = attributes(b"head" + body, 4)
    assert found[3] == b"lo\0"
    assert attributes(found[8]) == {2: b"\x05"}


def test_error_gives_its_number() -> None:
    [(kind, _, body)] = messages(request(NLMSG_ERROR, 0, 1, struct.pack("=i", -113)))
    assert (kind, error_of(body), error_of(b"")) == (NLMSG_ERROR, 113, 0)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_to_an_end(data: bytes) -> None:
    assert all(kind <= 0xFFFF for kind, _, _ in messages(data))
    assert all(kind <= TYPE_MASK for kind in attributes(data))
