"""32-bit sequence arithmetic (RFC 9293 §3.4).

Rule: only this module knows that the sequence space is 2**32. A flow unwraps every number once, when a segment arrives;
after that, numbers are plain integers that compare with `<`. wrap() converts back for display.
"""

SPACE = 1 << 32
HALF = SPACE >> 1
MASK = SPACE - 1


def unwrap(number: int, near: int) -> int:
    """The unwrapped value of the 32-bit `number`: of all candidates, the one closest to `near`.

    Two numbers of one stream are never 2**31 or more apart (RFC 7323 §2.3 bounds the window for this), so the closest
    candidate is the right one.
    """
    if -HALF <= number - near < HALF:
        return number
    forward = (number - near) & MASK
    return near + forward if forward < HALF else near + forward - SPACE


def wrap(number: int) -> int:
    """`number` as its 32 bits on the wire."""
    return number & MASK


def offset(number: int, base: int) -> int:
    """`number` counted from `base`, as an unsigned 32-bit field: Wireshark's relative number."""
    return (number - base) & MASK


def ahead(number: int, of: int) -> int:
    """How far one 32-bit number is ahead of another; negative where it is behind."""
    return unwrap(number, of) - of
