"""32-bit sequence arithmetic (RFC 9293 §3.4).

Law of the room: nobody else knows that the sequence space is 2**32. A flow unwraps every number once, where a segment
comes in; past that door numbers are plain integers that compare with `<`, and wrap() turns one back for the screen.
"""

SPACE = 1 << 32
HALF = SPACE >> 1
MASK = SPACE - 1


def unwrap(number: int, near: int) -> int:
    """The integer that the 32-bit `number` stands for: of all candidates, the one closest to `near`.

    Two numbers of one stream are never 2**31 or more apart (RFC 7323 §2.3 bounds the window for this), so the closest
    candidate is the right one.
    """
    if -HALF <= number - near < HALF:
        return number
    ahead = (number - near) & MASK
    return near + ahead if ahead < HALF else near + ahead - SPACE


def wrap(number: int) -> int:
    """`number` as the 32 bits that stand on the wire."""
    return number & MASK


def offset(number: int, base: int) -> int:
    """`number` counted from `base`, as an unsigned 32-bit field: Wireshark's relative number."""
    return (number - base) & MASK


def ahead(number: int, of: int) -> int:
    """How far one 32-bit number is ahead of another; negative where it is behind."""
    return unwrap(number, of) - of
