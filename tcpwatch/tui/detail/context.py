"""What every tab of the detail pane draws from: both ends of a connection, the moment and the width. Pure."""

from dataclasses import dataclass

from tcpwatch.monitor.snapshot import Detail, FlowFacts
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.fields import End
from tcpwatch.tui.detail.side_by_side import Runs, half_of, heads_of, roomy
from tcpwatch.why.catalog import Translate


@dataclass(frozen=True, slots=True)
class TabContext:
    """One connection as a tab draws it in lines of `width` cells.

    `heads` are the state and owner of this end and of the peer. `absolute` asks for sequence numbers as they are on the
    wire. `half_width` is the width of one end's half in cells; `roomy` is whether two fields fit into it. `translate`
    gives texts in the reader's language.
    """

    detail: Detail
    here: End
    peer: End
    heads: tuple[list[Runs], list[Runs]]
    now_ns: int
    width: int
    absolute: bool
    half_width: int
    roomy: bool
    translate: Translate = str

    @property
    def ends(self) -> tuple[End, End]:
        """This end and the peer."""
        return self.here, self.peer


def tab_context(
    detail: Detail, now_ns: int, width: int, absolute: bool = False, translate: Translate = str
) -> TabContext:
    """The context that all tabs share for this connection at this moment, in this width."""
    here, peer = _ends_of(detail)
    return TabContext(
        detail=detail,
        here=here,
        peer=peer,
        heads=(heads_of(here, now_ns, width, translate), heads_of(peer, now_ns, width, translate)),
        now_ns=now_ns,
        width=width,
        absolute=absolute,
        half_width=half_of(width),
        roomy=roomy(width),
        translate=translate,
    )


def _ends_of(detail: Detail) -> tuple[End, End]:
    flow = detail.flow
    states = _shown_states(flow) if flow else (None, None)
    retrans_segs = flow.retrans_segs if flow else (None, None)
    return (
        End("here", detail.connection, states[0], detail.here, detail.info, retrans_segs[0]),
        End("peer", detail.peer, states[1], detail.there, detail.peer_info, retrans_segs[1]),
    )


def _shown_states(flow: FlowFacts) -> tuple[State | None, State | None]:
    """The states that segments of the ends themselves show; that an end listens is assumed until it has answered."""
    here, there = (
        None if state is State.LISTEN and not segs else state
        for state, segs in zip((flow.here_state, flow.there_state), flow.segs, strict=True)
    )
    return here, there
