import pytest

from tcpwatch.wire.layer import LLC, UndecodableError
from tcpwatch.wire.wlan import ieee80211, radiotap


@pytest.mark.parametrize(
    ("control", "header_bytes"),
    [(b"\x08\x01", 24), (b"\x08\x02", 24), (b"\x08\x03", 30), (b"\x88\x01", 26), (b"\x88\x83", 36)],
    ids=["to the access point", "from it", "between two", "QoS", "QoS between two, HT control"],
)
def test_data_frame_leads_to_llc(control: bytes, header_bytes: int) -> None:
    assert ieee80211(b"outer" + control + bytes(60), 5, 67) == (LLC, 5 + header_bytes, 67)


def test_radiotap_header_length() -> None:
    assert radiotap(b"\x00\x00\x0a\x00" + bytes(6) + b"\x08\x01" + bytes(60), 0, 72) == (LLC, 34, 72)


@pytest.mark.parametrize(
    ("control", "reason"),
    [(b"\x80\x00", "not TCP"), (b"\xd4\x00", "not TCP"), (b"\x48\x01", "not TCP"), (b"\x88\x41", "encrypted frame")],
    ids=["beacon", "acknowledgment", "no data", "encrypted"],
)
def test_frame_that_leads_nowhere(control: bytes, reason: str) -> None:
    with pytest.raises(UndecodableError, match=reason):
        ieee80211(control + bytes(60), 0, 62)
