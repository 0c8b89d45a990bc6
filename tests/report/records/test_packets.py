from tcpwatch.report.records.packets import PACKETS
from tcpwatch.tcp.event import Step
from tcpwatch.wire.segment import ACK, SYN
from tests.builders import event


def test_packet_has_the_meaning_beside_the_wire_values() -> None:
    found = PACKETS.as_dict(event(frame=7, flags=SYN | ACK, step=Step.SYN_ACK, analysis=("b", "a"), app="GET /"))
    assert (found["frame"], found["flags"], found["step"]) == (7, "SYN,ACK", "2/3 SYN-ACK")
    assert (found["analysis"], found["app"]) == (["a", "b"], "GET /")
    assert (found["seq"], found["seq_raw"], found["window"], found["window_raw"]) == (1, 1000, 65_536, 512)


def test_packet_is_flat_by_nature() -> None:
    assert PACKETS.flat_columns == PACKETS.columns
