"""Which keys are shown and explained, in which order."""

from collections.abc import Sequence

from textual.binding import BindingType

from tcpwatch.tui.keys import DEMO_KEYS, KEYS, REPLAY_KEYS, working_keys
from tcpwatch.tui.packets.pane import Packets
from tests.tui.canned import CannedMonitor


def ids(hidden: frozenset[str] = frozenset(), mode_keys: Sequence[BindingType] = ()) -> list[str | None]:
    pane = Packets(CannedMonitor().packets, "lo")
    return [key.id for key in working_keys(mode_keys, pane, hidden)]


def test_working_keys_are_the_panes_then_the_dashboards() -> None:
    found = ids()
    assert found[0] == "packets.follow"
    assert found[-len(KEYS) :] == [key.id for key in KEYS if not isinstance(key, tuple)]


def test_working_keys_begin_with_the_modes_and_have_each_once() -> None:
    found = ids(mode_keys=DEMO_KEYS)
    assert found[:2] == ["demo.next", "demo.before"]
    assert found.count("app.present") == 1
    assert found.index("app.present") < found.index("packets.follow")


def test_working_keys_leave_out_hidden_actions_of_app_and_screen() -> None:
    found = ids(mode_keys=REPLAY_KEYS, hidden=frozenset({"pause", "kill"}))
    assert {"app.pause", "app.kill"}.isdisjoint(found)
    assert "replay.play" in found
