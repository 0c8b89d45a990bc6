import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.wire.options import Options, mptcp_name, parse_options

NOP = b"\x01"
MSS_1460 = b"\x02\x04\x05\xb4"
SACK_PERMITTED = b"\x04\x02"
TIMESTAMPS = b"\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x09"
WINDOW_SCALE_7 = b"\x03\x03\x07"


def test_options_of_a_syn() -> None:
    options = parse_options(MSS_1460 + SACK_PERMITTED + TIMESTAMPS + NOP + WINDOW_SCALE_7)
    assert options == Options(mss=1460, wscale=7, sack_permitted=True, ts_val=7, ts_ecr=9)


def test_options_absent_are_not_observed() -> None:
    assert parse_options(b"") == Options()
    assert Options().as_dict() == {}


@pytest.mark.parametrize("padding", [NOP + NOP, b""], ids=["aligned", "alone"])
def test_timestamps(padding: bytes) -> None:
    assert parse_options(padding + TIMESTAMPS) == Options(ts_val=7, ts_ecr=9)


def test_window_scale_stays_as_sent() -> None:
    assert parse_options(b"\x03\x03\xff").wscale == 255


def test_sack_blocks() -> None:
    edges = b"\x05\x12" + bytes([0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 3])
    assert parse_options(NOP + NOP + edges).sack == ((1, 2), (0xFFFF_FFFF, 3))


@pytest.mark.parametrize(
    ("option", "cookie"),
    [
        (b"\x22\x02", b""),
        (b"\x22\x0a12345678", b"12345678"),
        (b"\xfe\x04\xf9\x89", b""),
        (b"\xfd\x0c\xf9\x8912345678", b"12345678"),
    ],
    ids=["request", "cookie", "experimental request", "experimental cookie"],
)
def test_fast_open_cookie(option: bytes, cookie: bytes) -> None:
    assert parse_options(option) == Options(fast_open=cookie)


def test_experiment_other_than_fast_open_is_kept() -> None:
    assert parse_options(b"\xfe\x04\x12\x34").unknown == [(254, b"\x12\x34")]


@pytest.mark.parametrize(("first_byte", "name"), [(0x00, "MP_CAPABLE"), (0x21, "DSS"), (0xF0, "15")])
def test_mptcp_subtype(first_byte: int, name: str) -> None:
    options = parse_options(bytes([30, 4, first_byte, 0]))
    assert options.mptcp == first_byte >> 4
    assert mptcp_name(first_byte >> 4) == name


def test_unknown_kind_is_kept_and_the_walk_goes_on() -> None:
    options = parse_options(b"\x13\x03\xaa" + WINDOW_SCALE_7)
    assert options == Options(wscale=7, unknown=[(19, b"\xaa")])


def test_end_of_list_ends_the_walk() -> None:
    assert parse_options(WINDOW_SCALE_7 + b"\x00" + MSS_1460) == Options(wscale=7)


@pytest.mark.parametrize("rest", [b"\x02\x00", b"\x02\x01", b"\x02", b"\x02\x04\x05"], ids=bytes.hex)
def test_option_that_breaks_the_list(rest: bytes) -> None:
    assert parse_options(WINDOW_SCALE_7 + rest) == Options(wscale=7, malformed=True)


@pytest.mark.parametrize("rest", [b"", b"\x02", b"\x02\x04\x05"], ids=bytes.hex)
def test_list_that_was_not_captured_whole_is_not_malformed(rest: bytes) -> None:
    assert parse_options(WINDOW_SCALE_7 + rest, cut=True) == Options(wscale=7, cut=True)


@pytest.mark.parametrize("option", [b"\x02\x03\x05", b"\x05\x02", b"\x05\x06abcd", b"\x08\x04ab", b"\x1e\x02"])
def test_option_of_wrong_length_is_malformed_and_the_walk_goes_on(option: bytes) -> None:
    assert parse_options(option + WINDOW_SCALE_7) == Options(wscale=7, malformed=True)


def test_options_end_after_forty_bytes() -> None:
    assert parse_options(NOP * 40 + WINDOW_SCALE_7) == Options()


def test_options_as_dict() -> None:
    options = Options(
        mss=0,
        wscale=0,
        sack_permitted=True,
        sack=((1, 2),),
        ts_val=0,
        ts_ecr=0,
        fast_open=b"",
        mptcp=1,
        unknown=[(19, b"\xaa")],
        malformed=True,
    )
    assert options.as_dict() == {
        "mss": 0,
        "wscale": 0,
        "sack_permitted": True,
        "sack": ((1, 2),),
        "ts_val": 0,
        "ts_ecr": 0,
        "fast_open": "",
        "mptcp": "MP_JOIN",
        "unknown": {"19": "aa"},
        "malformed": True,
    }


@given(st.binary(max_size=60))
def test_arbitrary_bytes_never_raise(option_bytes: bytes) -> None:
    parse_options(option_bytes).as_dict()
