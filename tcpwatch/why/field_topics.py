"""The explanation of a field that has no topic of its own: its row in the table of fields, in words."""

from tcpwatch.sockets.fields import TCB_ROWS, FieldRow
from tcpwatch.why.topic import Topic

TCB_SOURCE, TCP_INFO_SOURCE = "RFC 9293 §3.3.1", "include/uapi/linux/tcp.h (struct tcp_info)"
COMMANDS = ("ss -tinp", "tcpwatch sockets --json")


def field_topic(row: FieldRow) -> Topic:
    """`pmtu · bytes`, then the row's help; in English."""
    source = TCB_SOURCE if row in TCB_ROWS else TCP_INFO_SOURCE
    return Topic(row.label or row.name, row.unit, what=row.help, commands=COMMANDS, source=source)
