from struct import pack

from tests.wire.captures import records_and_error


def record(seconds: int = 1_000, data: bytes = b"frame!!!", kind: int = 2, length: int | None = None) -> bytes:
    length = 16 + len(data) if length is None else length
    return pack("<IIBB", 1 << 31, seconds, kind, 4) + pack("!HHH", length, 0, len(data)) + data


def test_erf_records_keep_their_header() -> None:
    content = record() + record(1_001) + record(1_002)
    records, error = records_and_error(content)
    assert error is None
    assert records[1] == (1_001_500_000_000, 197, record(1_001), 24)
    assert len(records) == 3


def test_one_erf_record_is_enough_where_it_fills_the_file() -> None:
    assert len(records_and_error(record())[0]) == 1


def test_erf_that_does_not_follow_on_is_no_capture_file() -> None:
    for content in (record() + b"text that goes on and on", record(9) + record(3), record(kind=0), record(length=3)):
        records, error = records_and_error(content)
        assert not records
        assert error is not None
        assert error.startswith("not a capture file")


def test_erf_cut_short() -> None:
    records, error = records_and_error(record() * 3 + record()[:20])
    assert len(records) == 3
    assert error is not None
    assert error.startswith("record 4 at byte 72 claims 24 bytes; the file ends after 20.")
    assert "ends after 5" in (records_and_error(record() * 3 + record()[:5])[1] or "")
    assert "claims 3 bytes" in (records_and_error(record() * 3 + record(length=3))[1] or "")
