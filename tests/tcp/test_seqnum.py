from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.tcp.seqnum import HALF, MASK, ahead, offset, unwrap, wrap

numbers = st.integers(min_value=-(1 << 40), max_value=1 << 60)


@given(number=numbers, distance=st.integers(min_value=1 - HALF, max_value=HALF - 1))
def test_unwrap_finds_any_number_within_half_the_space(number: int, distance: int) -> None:
    assert unwrap(wrap(number), number + distance) == number


@given(field=st.integers(min_value=0, max_value=MASK), near=numbers)
def test_unwrap_keeps_the_wire_value(field: int, near: int) -> None:
    unwrapped = unwrap(field, near)
    assert wrap(unwrapped) == field
    assert -HALF <= unwrapped - near <= HALF


def test_unwrap_across_the_wrap() -> None:
    assert unwrap(5, MASK) == MASK + 6
    assert unwrap(MASK, MASK + 6) == MASK


def test_offset_counts_from_the_base() -> None:
    assert offset(1_014, 1_000) == 14


def test_offset_before_the_base_is_unsigned() -> None:
    assert offset(999, 1_000) == MASK


@given(number=st.integers(min_value=0, max_value=MASK), distance=st.integers(min_value=1 - HALF, max_value=HALF - 1))
def test_ahead_counts_across_the_wrap(number: int, distance: int) -> None:
    assert ahead(wrap(number + distance), number) == distance
