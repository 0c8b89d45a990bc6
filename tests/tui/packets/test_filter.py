"""The packets pane under a filter: the segments of the connections that pass."""

from itertools import count

import pytest

from tcpwatch.tcp.state import State
from tcpwatch.tui.packets import pane
from tcpwatch.wire.segment import ACK
from tests.tui.canned import TIME_NS, Conversation, connection, server_end
from tests.tui.driving import Driver, piloted, text_of


@piloted()
async def test_filter_narrows_the_packets_too(driver: Driver) -> None:
    await driver.press("slash", *"port:53431")
    assert [driver.packets._event(row).stream for row in driver.packets.rows] == [1, 1]  # type: ignore[union-attr]
    assert "filtered 2 of 14" in driver.packets.title()
    await driver.press("escape")
    assert len(driver.packets.rows) == 14
    assert "filtered" not in driver.packets.title()


@piloted(filter_text="port:1")
async def test_filter_that_no_segment_passes_is_said(driver: Driver) -> None:
    assert "No segment's connection passes the filter." in text_of(driver.packets)


@piloted(filter_text="port:53431")
async def test_segments_that_come_are_filtered(driver: Driver) -> None:
    await driver.arrive(
        Conversation(1, 53431, TIME_NS).say(1, ACK, 1, 16), Conversation(9, 1, TIME_NS).say(0, ACK, 1, 1)
    )
    assert "filtered 3 of 16" in driver.packets.title()
    await driver.arrive(Conversation(10, 53431, TIME_NS).say(0, ACK, 1, 1))
    assert "filtered 4 of 17" in driver.packets.title()


@piloted(filter_text="state:close-wait")
async def test_segments_follow_the_state_of_their_socket(driver: Driver) -> None:
    await driver.publish([connection(1, server_end(53431), State.ESTABLISHED, 1)])
    assert len(driver.packets.rows) == 0
    await driver.publish([connection(1, server_end(53431), State.CLOSE_WAIT, 1)])
    assert "filtered 2 of 14" in driver.packets.title()


@piloted(filter_text="port:53431 or port:53394")
async def test_filter_and_selection_narrow_together(driver: Driver) -> None:
    await driver.publish([connection(1, server_end(53431), State.ESTABLISHED, 1)])
    await driver.press("s")
    assert "filtered 2 of 14 · selected connection only" in driver.packets.title()


def test_many_segments_are_filtered_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "IN_THREAD_FROM", 10)

    @piloted()
    async def narrowed(driver: Driver) -> None:
        ports = count(53_000)
        await driver.arrive(*(Conversation(20 + n, next(ports), TIME_NS).say(0, ACK, 1, 1) for n in range(30)))
        await driver.press("slash", *"port:5300")
        await driver.press("1")
        await driver.app.workers.wait_for_complete()
        await driver.pilot.pause()
        assert "filtered 1 of 44" in driver.packets.title()
        await driver.press("escape")
        assert len(driver.packets.rows) == 44

    narrowed()
