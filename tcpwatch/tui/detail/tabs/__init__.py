"""The tabs of the detail pane: one file and one row each.

The pane's title, keys and help, the tooltip of the key for the next tab and the topics of `why` all come from TABS.
"""

from tcpwatch.tui.detail.fields import SOURCES_LEGEND
from tcpwatch.tui.detail.tab import Tab
from tcpwatch.tui.detail.tabs import explain, states, tcb, wire
from tcpwatch.tui.detail.topics import states_of

NUMBERS = (f"  {{}} numbers   {SOURCES_LEGEND} ", "  {} numbers ")

TABS = (
    Tab(
        title="Explain",
        tooltip="what is wrong",
        help="What is wrong with the selected connection, why, and what to do next; then the numbers of both its ends.",
        lines=explain.explain_lines,
        topics=explain.explain_topics,
        legends=NUMBERS,
    ),
    Tab(
        title="TCB",
        tooltip="both TCBs",
        help="Both ends of the selected connection as RFC 9293 names them; the letter beside a value tells its source.",
        lines=tcb.tcb_lines,
        topics=tcb.tcb_topics,
        legends=NUMBERS,
    ),
    Tab(
        title="States",
        tooltip="the states in time",
        help="When each end of the selected connection entered each state, by which segment, and for how long.",
        lines=states.states_lines,
        topics=states_of,
        legends=(f"  {states.PRECISION_LEGEND} ",),
    ),
    Tab(
        title="Wire",
        tooltip="kernel beside wire",
        help="The numbers of both ends as the kernel has them and as the segments show them.",
        lines=wire.wire_lines,
        topics=wire.wire_topics,
        legends=(f"  {wire.DIFFERENCE_LEGEND} ", "  {} numbers "),
    ),
)
