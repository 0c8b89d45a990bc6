"""The keys of the dashboard and of its modes, as tables. The panes' keys stand with the panes."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from textual.binding import Binding, BindingType
from textual.widget import Widget

from tcpwatch.tui.detail.tabs import TABS

KEYS: list[BindingType] = [
    Binding("slash", "filter", "Filter", key_display="/", id="app.filter", tooltip="Show only what matches some words"),
    Binding("n", "trouble(1)", "Trouble", id="app.trouble", tooltip="To the next connection in trouble"),
    Binding(
        "N", "trouble(-1)", "Trouble back", show=False, id="app.trouble_back",
        tooltip="To the connection in trouble before",
    ),
    Binding(
        "exclamation_mark", "screen.problems", "Problems", key_display="!", id="app.problems",
        tooltip="All problems, what they rest on, and what to do",
    ),
    Binding(
        "w", "screen.why", "Why?", id="app.why",
        tooltip="Explain what the cursor is on: state, step, flag, field, timer",
    ),
    Binding(
        "v",
        "screen.view",
        "View",
        id="app.view",
        tooltip=f"The detail pane's next view: {', '.join(tab.tooltip for tab in TABS)}",
    ),
    Binding("s", "screen.limit", "Only this", id="app.limit", tooltip="Only this connection's segments, or all"),
    Binding("r", "screen.absolute", "Rel/abs", id="app.absolute", tooltip="Sequence numbers relative, or raw"),
    Binding("p", "pause", "Pause", id="app.pause", tooltip="Freeze the picture; nothing is lost meanwhile"),
    Binding("a", "all", "All", id="app.all", tooltip="All sockets, or those of the watched ports"),
    Binding("tab", "pane(1)", "Pane", id="app.next", key_display="Tab", priority=True, tooltip="To the next pane"),
    Binding(
        "shift+tab", "pane(-1)", "Pane back", show=False, id="app.previous", priority=True, tooltip="To the pane before"
    ),
    Binding("z,plus", "zoom", "Zoom", id="app.zoom", key_display="z", tooltip="This pane alone, or all"),
    Binding("1", "show(0)", "Connections", show=False, id="app.connections", tooltip="The connections pane"),
    Binding("2", "show(1)", "Packets", show=False, id="app.packets", tooltip="The packets pane"),
    Binding("3", "show(2)", "Detail", show=False, id="app.detail", tooltip="The detail pane"),
    Binding(
        "P", "screen.present", "Present", id="app.present", tooltip="The connection as a ladder, held step by step"
    ),
    Binding(
        "K", "screen.kill", "Kill", show=False, id="app.kill",
        tooltip="End the connection by force (with --allow-kill)",
    ),
    Binding("y", "screen.copy", "Copy", id="app.copy", tooltip="Copy the cursor's row, or the detail"),
    Binding(
        "t", "theme", "Theme", show=False, id="app.theme", tooltip="The next theme: dark, light, the terminal's own"
    ),
    Binding("escape", "clear", "Clear", show=False, id="app.clear", tooltip="Take filter, zoom and limit away"),
    Binding("question_mark", "screen.help", "help", key_display="?", id="app.help", tooltip="This text"),
    Binding("q", "quit", "quit", key_display="q", id="app.quit", tooltip="End tcpwatch"),
    Binding(
        "ctrl+c,ctrl+q", "quit", "quit", show=False, id="app.interrupt", priority=True,
        tooltip="End tcpwatch, whatever is over the panes",
    ),
    Binding(
        "ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend", priority=True,
        tooltip="Back to the shell; fg brings tcpwatch back",
    ),
]  # fmt: skip

# Of a capture file; `p` in place of the live picture's.
REPLAY_KEYS: list[BindingType] = [
    Binding("p", "play", "Play", id="replay.play", tooltip="Play the file, or pause"),
    Binding("full_stop", "step(1)", "Step", key_display=".", id="replay.step", tooltip="Pause, one segment on"),
    Binding("comma", "step(-1)", "Back", key_display=",", id="replay.back", tooltip="Pause, one segment back"),
    Binding("right_square_bracket", "speed(1)", "Faster", key_display="]", id="replay.faster", tooltip="Play faster"),
    Binding("left_square_bracket", "speed(-1)", "Slower", key_display="[", id="replay.slower", tooltip="Play slower"),
    Binding("greater_than_sign", "leap(1)", "+5%", key_display=">", id="replay.leap", tooltip="5 % of the file on"),
    Binding("less_than_sign", "leap(-1)", "-5%", key_display="<", id="replay.leap_back", tooltip="5 % back"),
]

# Of a demo.
DEMO_KEYS: list[BindingType] = [
    Binding("right_square_bracket", "chapter(1)", "Next", key_display="]", id="demo.next", tooltip="The next scenario"),
    Binding(
        "left_square_bracket", "chapter(-1)", "Before", key_display="[", id="demo.before",
        tooltip="The scenario before; the first one once more",
    ),
    Binding("full_stop", "narrate_next", "On", key_display=".", id="demo.on", tooltip="Tell the next thing at once"),
    Binding("P", "present", "Present", id="app.present", tooltip="The connection as a ladder, held step by step"),
    Binding(
        "greater_than_sign", "catch_up", "To now", key_display=">", id="demo.now",
        tooltip="Leave out what waits to be told, but for the newest",
    ),
]  # fmt: skip

# What the last line of the screen shows first, because it may be too short for all: what moves a recording or a demo
# on, and what helps to find a connection in trouble.
FOREMOST = (
    "replay.play", "replay.step", "replay.back", "demo.next", "demo.before", "demo.on", "app.trouble", "app.why",
    "app.filter",
)  # fmt: skip
SCREEN = "screen."  # before an action of the lowest screen, which is the mode
OURS = "tcpwatch."  # Textual's own bindings are scrolling by other names
_RANKS = {name: rank for rank, name in enumerate(FOREMOST)}


def foremost_first(keys: Iterable[Binding]) -> list[Binding]:
    """The same keys; those that are needed most stand first."""
    return sorted(keys, key=lambda key: _RANKS.get(key.id or "", len(FOREMOST)))


def working_keys(mode_keys: Sequence[BindingType], pane: Widget, hidden: Collection[str]) -> tuple[Binding, ...]:
    """The mode's keys, the active pane's, the dashboard's; without the actions in `hidden`, each key once."""
    own = tuple(_bindings(mode_keys))
    ids = {key.id for key in own}
    kinds = (kind for kind in type(pane).__mro__ if kind.__module__.startswith(OURS))
    others = (*(key for kind in kinds for key in _bindings(vars(kind).get("BINDINGS", ()))), *_bindings(KEYS))
    return (*own, *(key for key in others if key.action.removeprefix(SCREEN) not in hidden and key.id not in ids))


def _bindings(keys: Iterable[BindingType]) -> Iterator[Binding]:
    return (key for key in keys if isinstance(key, Binding))
