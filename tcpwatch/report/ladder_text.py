"""A ladder as text in a fixed width, and that as Markdown: for a terminal, a ticket, a mail.

Rule: as in `ladder_svg`, what is drawn is all in the Ladder; nothing but spaces, lines and words is used.
"""

from collections.abc import Iterator

from tcpwatch.report.ladder import Ladder, Rung
from tcpwatch.report.ladder_svg import since_first
from tcpwatch.report.markup import BACKTICKS, markdown
from tcpwatch.tcp.state import State
from tcpwatch.text.cells import cells

TIME, STATE, ARROW = 14, 12, 64  # cells


def as_text(ladder: Ladder) -> Iterator[str]:
    """Who stands at either line, then two lines a segment: what it is, and its arrow between the states it leaves."""
    names = (ladder.names, *((ladder.ends,) if ladder.ends != ladder.names else ()))
    for left, right in names:
        yield " " * (TIME + STATE + 1) + _padded(left, max(cells(left) + 1, ARROW + 2 - cells(right))) + right
    if ladder.begins is not None:
        yield _line("", ladder.begins, " " * ARROW)
    first_ns = ladder.rungs[0].time_ns if ladder.rungs else 0
    for number, rung in enumerate(ladder.rungs):
        if ladder.left_out and number == ladder.gap:
            yield _line("", None, f"… {ladder.left_out:,} …".center(ARROW))
        yield _line(since_first(rung.time_ns - first_ns), None, _centred(rung.label))
        yield _line("", rung.states, _arrow(rung))


def as_markdown(ladder: Ladder) -> Iterator[str]:
    """The same as a block of code below a heading."""
    lines = [line.rstrip() for line in as_text(ladder)]
    longest = max((len(run) for line in lines for run in BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"## {markdown(ladder.title)}", "", f"{fence}text", *lines, fence)


def _line(time: str, states: tuple[State, State] | None, between: str) -> str:
    left, right = states if states is not None else ("", "")
    return f"{time:>{TIME - 1}} {left:>{STATE}} │{between}│ {right}".rstrip()


def _arrow(rung: Rung) -> str:
    body = ("╌" if rung.again else "─") * (ARROW - 1)
    head = "✕" if rung.lost else "◀" if rung.side else "▶"
    return head + body if rung.side else body + head


def _centred(label: str) -> str:
    while cells(label) > ARROW:
        label = f"{label[:-2]}…"
    before = (ARROW - cells(label)) // 2
    return _padded(" " * before + label, ARROW)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))
