from tcpwatch.monitor.traffic.packet_log import PacketLog
from tests.builders import event


def test_slice_of_all_gives_events_with_the_first_number() -> None:
    log = PacketLog(limit=100)
    events = [event(frame=number) for number in range(3)]
    log.extend(events)
    assert log.slice(0) == (0, events)
    assert log.slice(1, 2) == (1, events[1:2])
    assert log.end == 3


def test_extend_past_the_limit_drops_the_oldest_and_keeps_the_numbers() -> None:
    log = PacketLog(limit=32)
    events = [event(frame=number) for number in range(40)]
    log.extend(events)
    assert log.end == 40
    assert log.first == 8 + 32 // 16
    first, held = log.slice(0)
    assert first == log.first
    assert held == events[log.first :]


def test_slice_before_what_is_held_starts_at_the_oldest() -> None:
    log = PacketLog(limit=16)
    log.extend(event(frame=number) for number in range(20))
    first, held = log.slice(2, log.first + 1)
    assert first == log.first
    assert len(held) == 1
