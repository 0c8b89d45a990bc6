"""The netlink attributes of a sock_diag record (include/uapi/linux/inet_diag.h) as `Extensions`. No I/O.

An attribute has a length, a type and a value. Attributes of unknown type, and those that are too short for their type,
are skipped.
"""

import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tcpwatch.sockets.extras import Extensions, Memory, Numbers
from tcpwatch.text.clean import clean

(
    INET_DIAG_INFO,
    INET_DIAG_VEGASINFO,
    INET_DIAG_CONG,
    INET_DIAG_SKMEMINFO,
    INET_DIAG_SHUTDOWN,
    INET_DIAG_DCTCPINFO,
    INET_DIAG_SKV6ONLY,
    INET_DIAG_MARK,
    INET_DIAG_BBRINFO,
    INET_DIAG_ULP_INFO,
    INET_DIAG_CGROUP_ID,
) = (2, 3, 4, 7, 8, 9, 11, 15, 16, 19, 21)

ATTRIBUTE_HEADER = struct.Struct("=HH")
_TYPE = 0x3FFF  # without NLA_F_NESTED and NLA_F_NET_BYTEORDER
_MEMORY = struct.Struct("=4Ii4I")
_MEMORY_BEFORE_DROPS = struct.Struct("=4Ii3I")  # Linux before 4.6

# Congestion control details (union tcp_cc_info): layout and names of the numbers.
CONGESTION_INFO = {
    INET_DIAG_VEGASINFO: (struct.Struct("=4I"), ("enabled", "rttcnt", "rtt", "minrtt")),
    INET_DIAG_DCTCPINFO: (struct.Struct("=HH3I"), ("enabled", "ce_state", "alpha", "ab_ecn", "ab_tot")),
    INET_DIAG_BBRINFO: (struct.Struct("=5I"), ("bw_lo", "bw_hi", "min_rtt", "pacing_gain", "cwnd_gain")),
}

# Details of an upper layer protocol, by the attribute that contains them: names of the nested attributes, from 1 on.
INET_ULP_INFO_NAME = 1
ULP_INFO = {
    2: "version cipher txconf rxconf zc_ro_tx rx_no_pad",  # include/uapi/linux/tls.h
    3: "token_rem token_loc relwrite_seq map_seq map_sfseq ssn_offset map_datalen flags id_rem id_loc",  # and mptcp.h
}


def attributes(data: bytes, offset: int = 0) -> Iterator[tuple[int, slice]]:
    """Type and value range of each attribute in `data` from `offset` on. Stops at a truncated attribute."""
    end = len(data)
    while offset + ATTRIBUTE_HEADER.size <= end:
        length, kind = ATTRIBUTE_HEADER.unpack_from(data, offset)
        if not ATTRIBUTE_HEADER.size <= length <= end - offset:
            return
        yield kind & _TYPE, slice(offset + ATTRIBUTE_HEADER.size, offset + length)
        offset += length + 3 & ~3


def values(data: bytes) -> dict[int, bytes]:
    """Attribute values by type."""
    return {kind: data[span] for kind, span in attributes(data)}


def memory(value: bytes) -> Memory | None:
    """INET_DIAG_SKMEMINFO."""
    for layout in (_MEMORY, _MEMORY_BEFORE_DROPS):
        if len(value) >= layout.size:
            return Memory(*layout.unpack_from(value))
    return None


@dataclass(frozen=True, slots=True)
class Attributes:
    """The undecoded attributes of one socket."""

    data: bytes

    @property
    def extensions(self) -> Extensions:
        """The decoded attributes."""
        by_type = values(self.data)
        ulp, ulp_info = _upper_layer(by_type)
        v6only = _number(by_type.get(INET_DIAG_SKV6ONLY))
        return Extensions(
            memory=memory(by_type.get(INET_DIAG_SKMEMINFO, b"")),
            congestion=_word(by_type.get(INET_DIAG_CONG)),
            congestion_info=_congestion_info(by_type),
            ulp=ulp,
            ulp_info=ulp_info,
            cgroup_id=_number(by_type.get(INET_DIAG_CGROUP_ID)),
            mark=_number(by_type.get(INET_DIAG_MARK)),
            v6only=None if v6only is None else bool(v6only),
            shutdown=_number(by_type.get(INET_DIAG_SHUTDOWN)),
        )


def _word(value: bytes | None) -> str | None:
    return None if value is None else clean(value.partition(b"\0")[0].decode(errors="surrogateescape"))


def _number(value: bytes | None) -> int | None:
    return None if value is None else int.from_bytes(value, sys.byteorder)


def _congestion_info(by_type: Mapping[int, bytes]) -> Numbers | None:
    for kind, (layout, names) in CONGESTION_INFO.items():
        if len(by_type.get(kind, b"")) >= layout.size:
            numbers = dict(zip(names, layout.unpack_from(by_type[kind]), strict=True))
            if kind == INET_DIAG_BBRINFO:
                return {"bw": numbers.pop("bw_hi") << 32 | numbers.pop("bw_lo"), **numbers}
            return numbers
    return None


def _upper_layer(by_type: Mapping[int, bytes]) -> tuple[str | None, Numbers | None]:
    """Name and numbers of the upper layer protocol; a flag attribute, which has no value, counts as 1."""
    nested = values(by_type.get(INET_DIAG_ULP_INFO, b""))
    for kind, names in ULP_INFO.items():
        if kind in nested:
            inner = values(nested[kind])
            numbered = enumerate(names.split(), start=1)
            info = {name: _number(inner[place] or b"\1") or 0 for place, name in numbered if place in inner}
            return _word(nested.get(INET_ULP_INFO_NAME)), info
    return _word(nested.get(INET_ULP_INFO_NAME)), None
