"""What is told of disagreements: those that last."""

from dataclasses import replace

from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.monitor.detail import detail
from tcpwatch.monitor.disagreements import PATIENCE_NS, LastingDisagreements, patience_ns
from tcpwatch.monitor.snapshot import Connection, Detail, Mark, Snapshot
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import Wiretap
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.sockets.timeline import Precision, Timeline
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tests.builders import connection
from tests.monitor.conversation import HALF_CLOSE, HANDSHAKE, SERVER_ENDS, server_row
from tests.monitor.fakes import ScriptedFrames
from tests.monitor.test_detail import picture

ENDS = b"ends"


def doubt(rests_on: object = 1, rule: str = "rule") -> Problem:
    return Problem(Severity.WARN, "It seems so.", rule=rule, rests_on=rests_on)


def test_doubt_of_a_moment_is_not_told() -> None:
    lasting_disagreements = LastingDisagreements()
    assert lasting_disagreements.lasting(ENDS, [doubt()], 0) == ()
    assert lasting_disagreements.lasting(ENDS, [doubt()], PATIENCE_NS - 1) == ()
    assert [problem.rule for problem in lasting_disagreements.lasting(ENDS, [doubt()], PATIENCE_NS)] == ["rule"]


def test_doubt_begins_anew_when_the_wire_moves() -> None:
    lasting_disagreements = LastingDisagreements()
    lasting_disagreements.lasting(ENDS, [doubt(1)], 0)
    assert lasting_disagreements.lasting(ENDS, [doubt(2)], PATIENCE_NS) == ()


def test_doubt_begins_anew_after_it_was_gone() -> None:
    lasting_disagreements = LastingDisagreements()
    lasting_disagreements.lasting(ENDS, [doubt()], 0)
    lasting_disagreements.lasting(ENDS, [], 1)
    assert lasting_disagreements.lasting(ENDS, [doubt()], PATIENCE_NS) == ()


def test_what_was_sent_at_the_first_look_is_kept_for_one_connection() -> None:
    lasting_disagreements, kernel = LastingDisagreements(), Tcb(Source.KERNEL, snd_nxt=500)
    one = Detail(ENDS, connection(), None, (kernel,), (), None, None, None, ())
    later = replace(one, here=(replace(kernel, snd_nxt=900),))
    assert lasting_disagreements.sent_before(ENDS, one) == {1: 500}
    assert lasting_disagreements.sent_before(ENDS, later) == {1: 500}
    assert lasting_disagreements.sent_before(b"other", later) == {1: 900}


def test_doubt_of_one_connection_is_none_of_another() -> None:
    lasting_disagreements = LastingDisagreements()
    lasting_disagreements.lasting(ENDS, [doubt()], 0)
    assert lasting_disagreements.lasting(b"other", [doubt()], PATIENCE_NS) == ()


def remarks(held: Connection, lasting_disagreements: LastingDisagreements, now_ns: int = 0, dropped: int = 0) -> Detail:
    """The server's end at a moment, whose peer has half closed on the wire."""
    tap = Wiretap(ScriptedFrames((*HANDSHAKE, *HALF_CLOSE)), PacketLog())
    tap.receive()
    found: tuple[Flow, int] | None = tap.find(SERVER_ENDS)
    shown: Snapshot = replace(picture(held), mono_ns=now_ns, time_ns=now_ns, dropped=dropped)
    whole = detail(SERVER_ENDS, shown, found, lasting_disagreements=lasting_disagreements)
    assert whole is not None
    return whole


def rules(held: Connection, dropped: int = 0) -> list[str]:
    """What has lasted long enough at the second look."""
    lasting_disagreements = LastingDisagreements()
    assert remarks(held, lasting_disagreements, 0, dropped).disagreements == ()
    return [problem.rule for problem in remarks(held, lasting_disagreements, PATIENCE_NS, dropped).disagreements]


def test_socket_that_did_not_take_the_fin() -> None:
    assert rules(connection(row=server_row())) == ["segment-not-taken"]


def test_socket_that_took_it() -> None:
    assert rules(connection(row=server_row(State.CLOSE_WAIT))) == []


def test_socket_that_vanished_a_moment_ago_is_gone_whatever_its_last_row_says() -> None:
    held = connection(row=server_row(State.CLOSE_WAIT), mark=Mark.GONE)
    assert rules(held) == ["gone-unseen"]
    assert rules(held, dropped=1) == []


def test_patience_is_longer_than_the_round_trip() -> None:
    whole = remarks(connection(row=server_row()), LastingDisagreements())
    assert patience_ns(whole) == PATIENCE_NS
    assert patience_ns(replace(whole, info=TcpInfo(rtt=3_000_000))) == 3_000_000_000
    assert whole.flow is not None
    assert patience_ns(replace(whole, flow=replace(whole.flow, handshake_rtt_ns=9_000_000_000))) == 9_000_000_000


def test_flow_of_an_earlier_connection_is_not_the_sockets() -> None:
    born = Timeline().entering(State.SYN_SENT, 60_000_000_000, Precision.EXACT)
    assert remarks(replace(connection(row=server_row()), past=born), LastingDisagreements()).flow is None


def test_flow_of_a_later_connection_is_not_the_closed_ones() -> None:
    over = Timeline().entering(State.CLOSED, -60_000_000_000, Precision.EXACT)
    assert remarks(replace(connection(row=server_row(State.CLOSED)), past=over), LastingDisagreements()).flow is None
