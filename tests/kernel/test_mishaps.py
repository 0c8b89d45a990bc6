from tcpwatch.kernel.mishaps import NO_READING, NoMishaps
from tcpwatch.sockets.mishaps import MishapKind


def test_no_source_says_why_of_each_kind() -> None:
    none = NoMishaps("BPF is not wanted.")
    assert none.unavailable == dict.fromkeys(MishapKind, "BPF is not wanted.")
    assert (none.read(), none.lost) == (NO_READING, 0)
    none.close()
