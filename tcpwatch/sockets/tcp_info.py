"""`struct tcp_info` (include/uapi/linux/tcp.h), decoded by the length that the kernel wrote.

Every kernel appends to the structure and none removes: 104 bytes long ago, 280 in Linux 6.18. The layout is in
`fields`; a field past the end of what this kernel wrote is `None`.
"""

import sys
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct, calcsize

from tcpwatch.sockets.fields import TCP_INFO_ROWS, TCP_INFO_WIDTHS, TcpInfoFields

_SND_WSCALE_SHIFT, _RCV_WSCALE_SHIFT = (0, 4) if sys.byteorder == "little" else (4, 0)


@dataclass(frozen=True, slots=True)
class TcpInfo(TcpInfoFields):
    """The kernel's measurements of one connection, under the kernel's names. `fields` has the unit of each."""

    @classmethod
    def decode(cls, data: bytes) -> "TcpInfo":
        """The fields that are complete in `data`, from the attribute INET_DIAG_INFO or getsockopt(TCP_INFO)."""
        return cls(*_layout(len(data)).unpack_from(data))

    @property
    def snd_wscale(self) -> int | None:
        """The scale of the windows that the peer advertises; 0 also where no scaling was agreed."""
        return None if self.wscales is None else self.wscales >> _SND_WSCALE_SHIFT & 0xF

    @property
    def rcv_wscale(self) -> int | None:
        """The scale of the windows that this end advertises."""
        return None if self.wscales is None else self.wscales >> _RCV_WSCALE_SHIFT & 0xF

    def as_dict(self) -> dict[str, int | None]:
        """Every field under its name, with the two scales in place of `wscales`."""
        values = {name: getattr(self, name) for name in _NAMES if name != "wscales"}
        return values | {"snd_wscale": self.snd_wscale, "rcv_wscale": self.rcv_wscale}


_NAMES = tuple(field.name for field in TCP_INFO_ROWS)

# Where the four `last_*` stand: ages, which count up while nothing happens.
LAST_AGES = slice(*(calcsize("=" + TCP_INFO_WIDTHS[: _NAMES.index(name)]) for name in ("last_data_sent", "pmtu")))

_RCV_WND = slice(*(calcsize("=" + TCP_INFO_WIDTHS[: _NAMES.index(name)]) for name in ("rcv_wnd", "rehash")))


def rcv_wnd_of(data: bytes) -> int | None:
    """`rcv_wnd` alone, at little cost; None where this kernel writes less."""
    return int.from_bytes(data[_RCV_WND], sys.byteorder) if len(data) >= _RCV_WND.stop else None


@lru_cache(maxsize=16)
def _layout(length: int) -> Struct:
    """The longest run of whole fields that fits in `length` bytes."""
    count = len(TCP_INFO_WIDTHS)
    while calcsize("=" + TCP_INFO_WIDTHS[:count]) > length:
        count -= 1
    return Struct("=" + TCP_INFO_WIDTHS[:count])
