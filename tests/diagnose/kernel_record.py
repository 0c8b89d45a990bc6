"""A kernel's record of a socket, of which a test says only what it is about."""

from dataclasses import dataclass

from tcpwatch.sockets.extras import NO_EXTENSIONS, Extensions
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.tcb import Tcb

NEVER_SILENT = TcpInfo(last_data_recv=0, last_ack_recv=0)


@dataclass(frozen=True)
class Record:
    """Fields that are not given are 0, those in `lacking` this kernel has not; its timers fire when they are set to."""

    fields: dict[str, int]
    info: TcpInfo | None = NEVER_SILENT
    tcb: Tcb | None = None
    lacking: str = ""
    late_ms: int = 0
    extensions: Extensions = NO_EXTENSIONS

    @property
    def last_ack_recv(self) -> int | None:
        return self.info.last_ack_recv if self.info else None

    def value(self, name: str) -> int | None:
        return None if name in self.lacking.split() else self.fields.get(name, 0)

    def duration_ms(self, name: str) -> int | None:
        return self.value(name)

    def fires_ms(self, expires_ms: int, wait_ms: int) -> int:
        return expires_ms + self.late_ms
