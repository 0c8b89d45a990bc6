"""A classic BPF interpreter to test programs with (Documentation/networking/filter.rst)."""

from collections.abc import Mapping, Sequence

from tcpwatch.capture.bpf_filter import Instruction

NOTHING_KNOWN: Mapping[int, int] = {}


def run(program: Sequence[Instruction], packet: bytes, known: Mapping[int, int] = NOTHING_KNOWN) -> int:
    """How many bytes of `packet` the program accepts; `known` answers the loads at SKF_AD_* offsets."""
    a = x = place = 0
    scratch = [0] * 16

    while True:
        code, then, otherwise, k = program[place]
        place += 1
        match code:
            case 0x20 | 0x28 | 0x30 if k in known:
                a = known[k]
            case 0x20 | 0x28 | 0x30 | 0x48 | 0x50:
                width = {0x20: 4, 0x28: 2, 0x30: 1, 0x48: 2, 0x50: 1}[code]
                start = k + (x if code & 0xE0 == 0x40 else 0)
                if start + width > len(packet):
                    return 0
                a = int.from_bytes(packet[start : start + width])
            case 0x60:
                a = scratch[k]
            case 0x02:
                scratch[k] = a
            case 0x01:
                x = k
            case 0x07:
                x = a
            case 0x87:
                a = x
            case 0x04:
                a += k
            case 0x0C:
                a += x
            case 0x54:
                a &= k
            case 0x64:
                a <<= k
            case 0x05:
                place += k
            case 0x15:
                place += then if a == k else otherwise
            case 0x45:
                place += then if a & k else otherwise
            case 0x06:
                return k
            case _:
                raise AssertionError(f"no such instruction: {code:#x}")
