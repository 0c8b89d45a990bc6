"""Describes the beginning of a payload: a TLS hello, or the first line of an HTTP message.

Rule: only this one segment is used. All text is foreign, so it passes `clean`.
"""

import re
from string import ascii_uppercase

from tcpwatch.text.clean import clean
from tcpwatch.wire.tls import HANDSHAKE, describe_hello

METHODS = b"GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH"
FIRST_LINE = re.compile(
    rb"(?P<request>[A-Z]{1,32} [!-\xff]+ HTTP/\d\.\d)\r?\n"
    rb"|(?P<status>HTTP/\d\.\d \d{3}(?: [^\r\n]*)?)\r?\n"
    rb"|(?P<cut>(?:" + METHODS + rb") [!-\xff]+ ?[HTP/\d.]*)\r?\Z"  # the target continues in the next segment
)

FIRST_BYTES = frozenset(ascii_uppercase.encode()) | {HANDSHAKE}  # a payload with another first byte is not described


def describe_payload(payload: bytes) -> str | None:
    """`"TLS ClientHello example.org h2,http/1.1 TLS1.3"`, `"GET / HTTP/1.1"`, or None if it is neither."""
    line = FIRST_LINE.match(payload)
    if line is None:
        return describe_hello(payload)
    text = line[line.lastgroup or 0].decode("utf-8", "replace")
    return clean(text + "…" if line.lastgroup == "cut" else text)
