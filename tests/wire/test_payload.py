import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.wire.payload import describe_payload


@pytest.mark.parametrize(
    ("payload", "description"),
    [
        (b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", "GET / HTTP/1.1"),
        (b"PROPFIND /dav HTTP/1.0\n", "PROPFIND /dav HTTP/1.0"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK"),
        (b"HTTP/1.1 204\r\n\r\n", "HTTP/1.1 204"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0"),
        (b"GET /a-target-that-goes-o", "GET /a-target-that-goes-o…"),
        (b"POST /target HTT", "POST /target HTT…"),
    ],
)
def test_http_first_line(payload: bytes, description: str) -> None:
    assert describe_payload(payload) == description


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"0010HELLOWORLD",
        b"GET it while it lasts\r\n",
        b"get / HTTP/1.1\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"\x16",
        b"\x16\x03",
    ],
)
def test_payload_of_another_kind(payload: bytes) -> None:
    assert describe_payload(payload) is None


def test_escapes_in_a_target_become_visible() -> None:
    description = describe_payload(b"GET /\xc2\x9b2J\xe2\x80\xae HTTP/1.1\r\n")
    assert description == "GET /�2J� HTTP/1.1"


def test_escapes_in_a_reason_become_visible() -> None:
    assert describe_payload(b"HTTP/1.1 200 \x1b[2J\r\n") == "HTTP/1.1 200 ␛[2J"


def test_first_line_is_bounded() -> None:
    assert len(describe_payload(b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n") or "") == 256


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda tail: b"HTTP/1.1 200 " + tail)))
def test_arbitrary_bytes_never_raise(payload: bytes) -> None:
    description = describe_payload(payload)
    assert description is None or description.isprintable() or "�" in description
