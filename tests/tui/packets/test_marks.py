"""The packets pane's way from one segment that tells of trouble to the next."""

import pytest

from tcpwatch.wire.segment import ACK
from tests.tui.canned import TIME_NS, Conversation
from tests.tui.driving import Driver, piloted

RETRANSMISSION, REFUSAL = 6, 13  # places in the canned log


@piloted()
async def test_m_goes_round_the_marked_segments(driver: Driver) -> None:
    await driver.press("2")
    seen = []
    for key in ("m", "m", "m", "M", "M"):
        await driver.press(key)
        seen.append(driver.packets.cursor)
    assert seen == [RETRANSMISSION, REFUSAL, RETRANSMISSION, REFUSAL, RETRANSMISSION]
    assert not driver.packets.following


@piloted(filter_text="port:53510")
async def test_m_passes_over_what_is_filtered_out(driver: Driver) -> None:
    await driver.press("2", "home", "m")
    assert driver.packets.selected is not None
    assert driver.packets.selected.stream == 3
    assert driver.packets.cursor == 1


@pytest.mark.parametrize("key", ["m", "M"])
def test_m_without_a_marked_segment_says_so_and_stays(key: str) -> None:
    @piloted(filter_text="port:9999 and not port:53502 and not port:53510")
    async def without(driver: Driver) -> None:
        await driver.press("2", "home", key)
        assert driver.packets.cursor == 0
        (said,) = driver.app._notifications
        assert said.message.startswith("No segment that is shown")

    without()


@piloted()
async def test_m_keeps_to_what_is_still_held(driver: Driver) -> None:
    await driver.press("2", "home")
    driver.monitor.packets._limit = 1
    driver.monitor.packets.extend(Conversation(9, 1, TIME_NS).say(0, ACK, 1, 1).events)
    await driver.press("m")
    assert driver.packets.cursor == 0
