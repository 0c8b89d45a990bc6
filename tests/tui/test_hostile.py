"""Foreign text reaches the terminal as text: literally, and with nothing in it that a terminal obeys.

The fields are filled past the door (`text.clean`), which in the program they all come through, so that this proves the
second lock: what the panes themselves let out.
"""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.monitor.snapshot import Connection, SourceStatus
from tcpwatch.sockets.row import Owner
from tcpwatch.tui.app import Dashboard
from tcpwatch.tui.protocols import Target
from tests.tui.canned import Conversation, connections, server_end
from tests.tui.driving import WIDE, Driver, piloted, text_of

ESCAPES = (
    "\x1b]2;PWNED\x1b\\",
    "\x1b]52;c;cHdu\x07",
    "\x1b[2J\x1b[6n",
    "\x9b31m\x90x\x9c",
    "a\x00b\x7fc\rd\te\nf\x08g",
    "\u202egnp.exe\u2066\u200b",
    "lone \ud800 surrogate",
)
MARKUP = (
    "[/foo]",
    "[@click=app.quit]x[/]",
    "[red]r[/red]",
    "[kworker/0:1]",
    "[$error]e[/]",
    "[a=b=c]",
    "[link=http://e]x",
)
OWN_ESCAPES = re.compile(r"\x1b\[[0-9;]*[mHABCDJK]")  # colours and cursor movements, which Textual itself writes
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def infected(text: str) -> list[Connection]:
    """The canned connections, all owned by a process with this name."""
    return [replace(row, owners=(Owner(7, 1, text, 3),), no_owner=None, user=text) for row in connections()]


async def show(driver: Driver, text: str) -> None:
    """Put this text wherever foreign text can stand, and look at every pane."""
    ends = server_end(53412)
    problem = Problem(Severity.WARN, text, (text,), (text,), text)
    driver.monitor.details[ends] = replace(driver.monitor.details[server_end(53420)], ends=ends, problems=(problem,))
    driver.monitor.sources = (SourceStatus("kernel", True, text), SourceStatus("packets", False, text, text))
    await driver.publish(infected(text))
    talk = Conversation(7, 53412, 0)
    for _ in range(3):
        talk.say(0, 0x18, 1, 1, app=text, note=text, analysis=(text,), length=1)
    await driver.arrive(talk)


def output(app: Dashboard) -> str:
    """The bytes of a full repaint, as text."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=WIDE[0])
    return app.screen._compositor.render_full_update().render_segments(console)


@pytest.mark.parametrize("text", ESCAPES)
def test_escapes_never_reach_the_terminal(text: str) -> None:
    @piloted(target=Target(text, text))
    async def body(driver: Driver) -> None:
        await show(driver, text)
        for keys in ((), ("z",), ("2",), ("3",), ("question_mark",)):
            await driver.press(*keys)
            assert not CONTROLS.search(OWN_ESCAPES.sub("", output(driver.app)).replace("\n", ""))

    body()


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_shown_literally(text: str) -> None:
    @piloted()
    async def body(driver: Driver) -> None:
        await show(driver, text)
        assert text[:4] in text_of(driver.connections)
        await driver.press("3", "z", "end")
        assert text in text_of(driver.detail)
        await driver.press("2", "home")
        assert text in text_of(driver.packets)
        await driver.press("y")
        await driver.pilot.click("#packets", offset=(60, 4))
        assert driver.app.is_running

    body()


@piloted(capture=False)
async def test_reason_for_missing_capture_is_shown_literally(driver: Driver) -> None:
    await show(driver, "[/foo]")
    driver.monitor.packets.__init__()  # type: ignore[misc]
    driver.app.pull_packets()
    assert "[/foo]" in text_of(driver.packets)


@piloted()
async def test_filter_typed_as_markup_is_shown_literally(driver: Driver) -> None:
    await driver.press("slash", *"[/foo]", "enter")
    assert "filter [/foo]" in text_of(driver.connections)
