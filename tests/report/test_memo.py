from tcpwatch.report.memo import Memo


def test_text_is_made_once() -> None:
    made: list[bytes] = []

    def make(key: bytes) -> str:
        made.append(key)
        return key.hex()

    memo = Memo(make)
    assert [memo[b"\x01"], memo[b"\x02"], memo[b"\x01"]] == ["01", "02", "01"]
    assert made == [b"\x01", b"\x02"]


def test_texts_are_bounded() -> None:
    memo = Memo(bytes.hex, limit=3)
    for number in range(10):
        assert memo[bytes([number])] == f"{number:02x}"
        assert len(memo) <= 3
