"""TLS hellos (RFC 8446 §4.1, RFC 5246 §7.4.1): name, protocols, version and cipher suite, from their first segment.

Rule: what the segment does not contain is left out, never guessed. Slices end with the bytes, so a truncated hello
gives fewer words, not an error.
"""

from collections.abc import Callable, Iterator

from tcpwatch.text.clean import clean

HANDSHAKE = 22
CLIENT_HELLO = 1
SERVER_HELLO = 2
RECORD_HEADER_BYTES = 5
HANDSHAKE_HEADER_BYTES = 4
RANDOM = slice(2, 34)
SESSION_ID_AT = 34
HELLO_RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

SERVER_NAME = 0
ALPN = 16
SUPPORTED_VERSIONS = 43

TLS_VERSIONS = {0x0300: "SSL3.0", 0x0301: "TLS1.0", 0x0302: "TLS1.1", 0x0303: "TLS1.2", 0x0304: "TLS1.3"}

# https://www.iana.org/assignments/tls-parameters: only suites that servers choose in practice.
CIPHER_SUITES = {
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    0x009E: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    0x009F: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0x1304: "TLS_AES_128_CCM_SHA256",
    0x1305: "TLS_AES_128_CCM_8_SHA256",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCAA: "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
}

Words = Iterator[str | None]


def describe_hello(payload: bytes) -> str | None:
    """`"TLS ClientHello NAME PROTOCOLS VERSION"`, `"TLS ServerHello VERSION CIPHER"`, or None if it is neither."""
    if payload[0:2] != bytes((HANDSHAKE, 3)) or len(payload) <= RECORD_HEADER_BYTES:
        return None
    describe = HELLOS.get(payload[RECORD_HEADER_BYTES])
    if describe is None:
        return None
    record = payload[RECORD_HEADER_BYTES:][: _number(payload[3:5])]
    length = _number(record[1:HANDSHAKE_HEADER_BYTES])
    body = record[HANDSHAKE_HEADER_BYTES:][:length]
    return " ".join(word for word in describe(body, len(body) == length) if word)


def _client_hello(body: bytes, whole: bool) -> Words:
    suites_at = _past_vector(body, SESSION_ID_AT, 1)
    compression_at = _past_vector(body, suites_at, 2)
    extensions = _extensions(body, _past_vector(body, compression_at, 1))
    yield "TLS ClientHello"
    yield _server_name(extensions)
    yield _protocols(extensions)
    offered = extensions.get(SUPPORTED_VERSIONS)
    yield _version(body, whole, offered and offered[1:])


def _server_hello(body: bytes, whole: bool) -> Words:
    suite_at = _past_vector(body, SESSION_ID_AT, 1)
    suite = body[suite_at : suite_at + 2]
    extensions = _extensions(body, suite_at + 3)
    yield "TLS HelloRetryRequest" if body[RANDOM] == HELLO_RETRY_RANDOM else "TLS ServerHello"
    yield _protocols(extensions)
    yield _version(body, whole, extensions.get(SUPPORTED_VERSIONS))
    yield CIPHER_SUITES.get(_number(suite), f"0x{suite.hex()}") if len(suite) == 2 else None


HELLOS: dict[int, Callable[[bytes, bool], Words]] = {CLIENT_HELLO: _client_hello, SERVER_HELLO: _server_hello}


def _version(body: bytes, whole: bool, offered: bytes | None) -> str | None:
    """The newest known version on offer; the legacy field counts only if the extension is certainly absent."""
    if offered is None:
        offered = body[:2] if whole else b""
    numbers = (_number(offered[at : at + 2]) for at in range(0, len(offered), 2))
    return TLS_VERSIONS.get(max((number for number in numbers if number in TLS_VERSIONS), default=0))


def _server_name(extensions: dict[int, bytes]) -> str | None:
    """RFC 6066 §3: a list of one name: list length, name type, name length, name."""
    names = extensions.get(SERVER_NAME, b"")
    return clean(names[5 : _past_vector(names, 3, 2)].decode("ascii", "replace"))


def _protocols(extensions: dict[int, bytes]) -> str | None:
    """RFC 7301 §3.1: protocol names, each preceded by its length."""
    listed = extensions.get(ALPN, b"")
    names, at = [], 2
    while at < len(listed):
        end = _past_vector(listed, at, 1)
        names.append(listed[at + 1 : end].decode("ascii", "replace"))
        at = end
    return clean(",".join(names))


def _extensions(body: bytes, at: int) -> dict[int, bytes]:
    """The complete extensions in the list at `at`, by type; the first of each type counts."""
    extensions: dict[int, bytes] = {}
    at += 2
    while at + 4 <= len(body) and (end := _past_vector(body, at + 2, 2)) <= len(body):
        extensions.setdefault(_number(body[at : at + 2]), body[at + 4 : end])
        at = end
    return extensions


def _past_vector(body: bytes, at: int, width: int) -> int:
    """The end of the vector at `at`, which begins with its length in `width` bytes."""
    return at + width + _number(body[at : at + width])


def _number(octets: bytes) -> int:
    return int.from_bytes(octets)
