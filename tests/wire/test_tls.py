from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.wire.tls import HELLO_RETRY_RANDOM, describe_hello

TLS_1_2 = 0x0303
TLS_1_3 = 0x0304
GREASE = 0x7A7A


def vector(width: int, content: bytes) -> bytes:
    return len(content).to_bytes(width) + content


def extension(kind: int, content: bytes) -> bytes:
    return pack("!H", kind) + vector(2, content)


def server_name(name: bytes) -> bytes:
    return extension(0, vector(2, b"\x00" + vector(2, name)))


def alpn(*names: bytes) -> bytes:
    return extension(16, vector(2, b"".join(vector(1, name) for name in names)))


def supported_versions(*versions: int) -> bytes:
    return extension(43, vector(1, b"".join(pack("!H", version) for version in versions)))


def selected_version(version: int) -> bytes:
    return extension(43, pack("!H", version))


def record(kind: int, body: bytes) -> bytes:
    return b"\x16\x03\x01" + vector(2, bytes([kind]) + vector(3, body))


def client_hello(*extensions: bytes, version: int = TLS_1_2) -> bytes:
    body = pack("!H", version) + bytes(32) + vector(1, bytes(32)) + vector(2, b"\x13\x01\x13\x02") + vector(1, b"\x00")
    return record(1, body + vector(2, b"".join(extensions)))


def server_hello(*extensions: bytes, version: int = TLS_1_2, suite: int = 0x1301, random: bytes = bytes(32)) -> bytes:
    body = pack("!H", version) + random + vector(1, bytes(32)) + pack("!HB", suite, 0)
    return record(2, body + vector(2, b"".join(extensions)))


def test_client_hello_with_name_protocols_and_version() -> None:
    hello = client_hello(
        extension(GREASE, b""),
        server_name(b"example.org"),
        alpn(b"h2", b"http/1.1"),
        supported_versions(GREASE, TLS_1_3, TLS_1_2),
    )
    assert describe_hello(hello) == "TLS ClientHello example.org h2,http/1.1 TLS1.3"


def test_client_hello_without_extensions() -> None:
    assert describe_hello(client_hello(version=0x0301)) == "TLS ClientHello TLS1.0"


def test_client_hello_continued_in_the_next_segment_has_no_version() -> None:
    hello = client_hello(server_name(b"example.org"), extension(51, bytes(1200)), supported_versions(TLS_1_3))
    assert describe_hello(hello[:700]) == "TLS ClientHello example.org"


def test_client_hello_cut_within_the_name_leaves_it_out() -> None:
    hello = client_hello(server_name(b"example.org"))
    assert describe_hello(hello[:-4]) == "TLS ClientHello"


def test_client_hello_with_escapes_in_its_name() -> None:
    assert describe_hello(client_hello(server_name(b"\x1b]0;x\x07"))) == "TLS ClientHello ␛]0;x␇ TLS1.2"


@pytest.mark.parametrize(
    ("hello", "description"),
    [
        (server_hello(selected_version(TLS_1_3)), "TLS ServerHello TLS1.3 TLS_AES_128_GCM_SHA256"),
        (server_hello(suite=0xC02F), "TLS ServerHello TLS1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (server_hello(alpn(b"h2"), suite=0xFEED), "TLS ServerHello h2 TLS1.2 0xfeed"),
        (
            server_hello(selected_version(TLS_1_3), random=HELLO_RETRY_RANDOM),
            "TLS HelloRetryRequest TLS1.3 TLS_AES_128_GCM_SHA256",
        ),
    ],
    ids=["1.3", "1.2", "unknown suite", "retry"],
)
def test_server_hello(hello: bytes, description: str) -> None:
    assert describe_hello(hello) == description


def test_server_hello_followed_by_other_records() -> None:
    hello = server_hello(selected_version(TLS_1_3)) + b"\x17\x03\x03\x00\x10" + bytes(16)
    assert describe_hello(hello) == "TLS ServerHello TLS1.3 TLS_AES_128_GCM_SHA256"


def test_server_hello_cut_before_the_suite() -> None:
    assert describe_hello(server_hello()[:60]) == "TLS ServerHello"


@pytest.mark.parametrize("payload", [record(11, bytes(40)), b"\x17\x03\x03" + bytes(20), b"\x16\x02\x01" + bytes(9)])
def test_record_other_than_a_hello(payload: bytes) -> None:
    assert describe_hello(payload) is None


@given(st.sampled_from([1, 2]), st.binary(max_size=200), st.integers(0, 200))
def test_arbitrary_hello_never_raises(kind: int, body: bytes, cut: int) -> None:
    hello = record(kind, body)
    describe_hello(hello)
    describe_hello(hello[:cut])
