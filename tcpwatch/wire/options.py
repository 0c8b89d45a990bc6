"""TCP options (RFC 9293 §3.2): decodes the bytes after the fixed header.

Rule: each kind that is decoded has a row in `KINDS`; other kinds are kept undecoded. An invalid length ends the list
and marks it malformed; options before it stay valid. A list that the capture truncated is `cut`, not malformed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct

# https://www.iana.org/assignments/tcp-parameters
END_OF_LIST = 0
NO_OPERATION = 1
MSS = 2
WINDOW_SCALE = 3
SACK_PERMITTED = 4
SACK = 5
TIMESTAMPS = 8
MPTCP = 30
FAST_OPEN = 34
EXPERIMENT_1 = 253
EXPERIMENT_2 = 254

MAX_OPTION_BYTES = 40  # a data offset of 15 leaves no more
FAST_OPEN_EXPERIMENT = b"\xf9\x89"
MPTCP_SUBTYPES = (
    "MP_CAPABLE",
    "MP_JOIN",
    "DSS",
    "ADD_ADDR",
    "REMOVE_ADDR",
    "MP_PRIO",
    "MP_FAIL",
    "MP_FASTCLOSE",
    "MP_TCPRST",
)

TWO_U32 = Struct("!II")
TIMESTAMPS_ALONE = Struct("!4xII")
ALIGNED_TIMESTAMPS = b"\x01\x01\x08\x0a"  # the layout of RFC 7323 appendix A, in nearly every segment


@dataclass(slots=True)
class Options:
    """The options of one segment; None for each that it does not have.

    `wscale` is the shift as sent, even above 14. `sack` has the edges of each block as on the wire. `fast_open` is the
    cookie, empty for a cookie request. `unknown` has kind and value of all others. `cut`: the capture was truncated, so
    there may be more options.
    """

    mss: int | None = None
    wscale: int | None = None
    sack_permitted: bool = False
    sack: tuple[tuple[int, int], ...] = ()
    ts_val: int | None = None
    ts_ecr: int | None = None
    fast_open: bytes | None = None
    mptcp: int | None = None
    unknown: list[tuple[int, bytes]] = field(default_factory=list)
    malformed: bool = False
    cut: bool = False

    def as_dict(self) -> dict[str, object]:
        """The present options for JSON: bytes in hex, MPTCP as the name of its subtype."""
        present: dict[str, object] = {}
        for name in ("mss", "wscale", "sack_permitted", "sack", "ts_val", "ts_ecr", "malformed", "cut"):
            value = getattr(self, name)
            if value is not None and value is not False and value != ():
                present[name] = value
        if self.fast_open is not None:
            present["fast_open"] = self.fast_open.hex()
        if self.mptcp is not None:
            present["mptcp"] = mptcp_name(self.mptcp)
        if self.unknown:
            present["unknown"] = {str(kind): value.hex() for kind, value in self.unknown}
        return present


def mptcp_name(subtype: int) -> str:
    """The name of an MPTCP subtype (RFC 8684 §3), or its number."""
    return MPTCP_SUBTYPES[subtype] if subtype < len(MPTCP_SUBTYPES) else str(subtype)


def parse_options(option_bytes: bytes, cut: bool = False) -> Options:
    """The options in the bytes between the fixed TCP header and the payload, 40 at most; `cut`: some are missing."""
    options = Options(cut=cut)
    if len(option_bytes) == TIMESTAMPS_ALONE.size and option_bytes.startswith(ALIGNED_TIMESTAMPS):
        options.ts_val, options.ts_ecr = TIMESTAMPS_ALONE.unpack(option_bytes)
        return options
    at, end = 0, min(len(option_bytes), MAX_OPTION_BYTES)
    while at < end and (kind := option_bytes[at]) != END_OF_LIST:
        if kind == NO_OPERATION:
            at += 1
            continue
        length = option_bytes[at + 1] if at + 1 < end else 0
        if length < 2 or at + length > end:
            options.malformed = not cut
            break
        _read_option(options, kind, option_bytes[at + 2 : at + length])
        at += length
    return options


def _read_option(options: Options, kind: int, value: bytes) -> None:
    if kind not in KINDS:
        options.unknown.append((kind, value))
        return
    lengths, read = KINDS[kind]
    if len(value) in lengths:
        read(options, value)
    else:
        options.malformed = True


def _mss(options: Options, value: bytes) -> None:
    options.mss = int.from_bytes(value)


def _window_scale(options: Options, value: bytes) -> None:
    options.wscale = value[0]


def _sack_permitted(options: Options, _value: bytes) -> None:
    options.sack_permitted = True


def _sack(options: Options, value: bytes) -> None:
    options.sack = tuple(TWO_U32.iter_unpack(value))


def _timestamps(options: Options, value: bytes) -> None:
    options.ts_val, options.ts_ecr = TWO_U32.unpack(value)


def _mptcp(options: Options, value: bytes) -> None:
    options.mptcp = value[0] >> 4


def _fast_open(options: Options, value: bytes) -> None:
    options.fast_open = value


def _experiment(kind: int) -> Callable[[Options, bytes], None]:
    """RFC 6994: the first two bytes identify the experiment; Fast Open was one before it had its own kind."""

    def read(options: Options, value: bytes) -> None:
        if value.startswith(FAST_OPEN_EXPERIMENT):
            options.fast_open = value[len(FAST_OPEN_EXPERIMENT) :]
        else:
            options.unknown.append((kind, value))

    return read


ANY_LENGTH = range(MAX_OPTION_BYTES)

# Kind: allowed lengths of the value, and its reader.
KINDS: dict[int, tuple[range, Callable[[Options, bytes], None]]] = {
    MSS: (range(2, 3), _mss),
    WINDOW_SCALE: (range(1, 2), _window_scale),
    SACK_PERMITTED: (range(1), _sack_permitted),
    SACK: (range(8, 33, 8), _sack),
    TIMESTAMPS: (range(8, 9), _timestamps),
    MPTCP: (range(1, MAX_OPTION_BYTES), _mptcp),
    FAST_OPEN: (ANY_LENGTH, _fast_open),
    EXPERIMENT_1: (ANY_LENGTH, _experiment(EXPERIMENT_1)),
    EXPERIMENT_2: (ANY_LENGTH, _experiment(EXPERIMENT_2)),
}
