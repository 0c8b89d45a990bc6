"""What is wrong with the connections of a capture, from the wire alone.

Rule: what the capture has not shown is not what did not happen. A sentence says up to when it looked ("by the end of
the capture"), and never whose program it is: a capture has none.
"""

from collections.abc import Callable

from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.rules.wire_resets import RESET_RULES
from tcpwatch.diagnose.wire.group import FlowGroup, Span, WireRule, by_sign, seconds
from tcpwatch.diagnose.wire.signs import Sign

CLIENT, SERVER = 0, 1

NOT_ANSWERED_NS = seconds(3)  # by then a SYN has been sent again twice
NOT_CLOSED_NS = seconds(2)  # as on a live host (diagnose.half_close)
SHUT_NS = seconds(2)
HUNG_NS = seconds(5)
LONG_POLL_NS = seconds(20)  # a usual period of long polling is 20 to 60 s
FLOOD = 20  # handshakes with one server that nobody completes


def syn_not_answered(group: FlowGroup) -> Problem:
    """SYN after SYN, and nothing came back."""
    sentence = group.both(
        message("{end} had no answer to its SYN from {other} {until}."),
        message("{connections} to {server} were not answered {until}."),
    )
    again = group.seen.times - 1
    return Problem(
        Severity.WARN,
        sentence,
        group.evidence(
            message("SYN sent {times} in {span}", times=Count(group.seen.times, "time"), span=Span(group.stood_ns))
            if again
            else message("SYN sent once, {span} before", span=Span(group.stood_ns)),
            group.in_frames(),
            message("a filter, a loss, or a full queue of the listener; or the answer took a way that is not captured"),
        ),
        brief=brief(group, message("not answered")),
        cause=Cause.UNKNOWN,
    )


def handshake_not_completed(group: FlowGroup) -> Problem:
    """The SYN-ACK was not acknowledged."""
    sentence = group.both(
        message("{other} has not completed its handshake with {end} {until}: the SYN-ACK was not acknowledged."),
        message("{connections} to {server} stayed half open {until}: the SYN-ACK was not acknowledged."),
    )
    flood = message("so many that nobody completes look like a SYN flood") if group.count >= FLOOD else None
    sent = message("SYN-ACK sent {times}", times=Count(group.seen.times, "time"))
    return Problem(
        Severity.WARN,
        sentence,
        (*group.evidence(sent, group.in_frames()), *([flood] if flood else [])),
        brief=brief(group, message("half open")),
    )


def opened_late(group: FlowGroup) -> Problem:
    """The SYN had to be sent again before an answer came."""
    waited, answers = Span(group.seen.worst), group.times(Sign.SYN_ACK, SERVER)
    return Problem(
        Severity.WARN if group.seen.worst >= NOT_ANSWERED_NS else Severity.NOTE,
        group.both(
            message("{other} waited {waited} for its connection to {end}: the handshake was sent again."),
            message("{connections} to {server} opened late, the first after {waited}: the handshake was sent again."),
            waited=waited,
        ),
        group.evidence(
            message("SYN sent {times}", times=Count(max(1, group.times(Sign.SYN, CLIENT)), "time")),
            message("SYN-ACK sent {times}", times=Count(answers, "time")) if answers > 1 else None,
            group.in_frames(group.facts.of(Sign.SYN, CLIENT)),
        ),
        brief=brief(group, message("opened late")),
        cause=Cause.UNKNOWN,
    )


def window_not_reopened(group: FlowGroup) -> Problem:
    """A zero window, and no other until the end."""
    probes, zeros = group.times(Sign.PROBED, 1 - group.side), group.times(Sign.SHUT, group.side)
    span = Span(group.seen.worst if group.sign is Sign.ENDED_SHUT else group.stood_ns)
    ended = message("by the end of the connection") if group.sign is Sign.ENDED_SHUT else group.until
    shut = group.facts.of(Sign.SHUT, group.side)
    return Problem(
        Severity.WARN,
        group.both(
            message("{end} has not opened its receive window again {ended}: for {span} its program read nothing."),
            message("{connections} of {server}: a receive window was not opened again {ended}, the first for {span}."),
            span=span,
            ended=ended,
        ),
        group.evidence(
            message("{zeros}, {probes}", zeros=Count(zeros, "zero window"), probes=Count(probes, "probe")),
            group.in_frames(shut),
        ),
        brief=brief(group, message("shut windows, not reopened"))
        if group.count > 1
        else message(
            "{zeros}, not reopened · {probes}", zeros=Count(zeros, "zero window"), probes=Count(probes, "probe")
        ),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY,
    )


def window_was_shut(group: FlowGroup) -> Problem:
    """Zero windows that were opened again."""
    longest, seen = group.seen.worst, group.facts.of(Sign.SHUT, group.side)
    shut_again = seen is not None and seen.stands and group.now_ns - seen.since_ns >= SHUT_NS  # which says more
    return Problem(
        Severity.WARN if longest >= SHUT_NS and not (shut_again and group.count == 1) else Severity.NOTE,
        group.both(
            message("{end} did not read: for {longest} its receive window had no room, and {other} had to wait."),
            message("{connections} with {server} waited for a receive window, the first for {longest}."),
            longest=Span(longest),
        ),
        group.evidence(
            message(
                "shut {times}, for {total} in all; {probes}",
                times=Count(group.seen.times, "time"),
                total=Span(group.seen.total),
                probes=Count(group.times(Sign.PROBED, 1 - group.side), "probe"),
            ),
            group.in_frames(seen),
        ),
        brief=brief(group, message("shut windows")),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY,
    )


def sent_again_and_again(group: FlowGroup) -> Problem:
    """The same bytes three times again, or many bytes."""
    again, unacknowledged = group.seen, group.facts.of(Sign.UNACKNOWLEDGED, group.side)
    many = group.sign is Sign.MANY_RETRANSMISSIONS
    gone = unacknowledged is not None and unacknowledged.stands
    alone = group.facts.of(Sign.ONE_SIDED, group.side)
    total = group.times(Sign.RETRANSMITTED, group.side)
    if many:
        one = message("{end} sent {segs} again to {other}: more than one byte in 50 is lost on the way, or late.")
    elif alone is not None and alone.stands:
        one = message("{end} sent the same segment again {times}; the capture does not show what {other} made of it.")
    elif again.detail:
        one = message("{end} sent the same segment again {times}, though {other} acknowledged it: no ACK arrives.")
    elif gone:
        one = message("{end} sent the same segment again {times}, and {other} has not acknowledged it {until}.")
    else:
        one = message("{end} sent the same segment again {times} before {other} acknowledged it.")
    return Problem(
        Severity.WARN,
        group.both(
            one,
            message("{connections} with {server} sent again and again, the first the same segment {times}."),
            segs=Count(total, "segment"),
            times=Count(again.worst, "time"),
        ),
        group.evidence(
            message("{segs} sent again", segs=Count(total, "segment")),
            group.in_frames(group.facts.of(Sign.RETRANSMITTED, group.side)),
        ),
        brief=brief(group, message("sent again and again"))
        if group.count > 1
        else message("{segs} sent again", segs=Count(total, "segment")),
        cause=Cause.NETWORK,
        certainty=Certainty.LIKELY if many else Certainty.OPEN,
    )


def too_large_for_the_path(group: FlowGroup) -> Problem:
    """Full segments do not arrive, small ones do."""
    told = group.sign is Sign.ICMP_TOO_BIG
    length = message("{bytes} of payload each", bytes=Count(group.seen.worst, "byte"))
    heeded = told and not group.times(Sign.REPEATED, group.side)  # path MTU discovery as it should be (RFC 1191)
    mtu = message("a router asks for {bytes} at most (ICMP)", bytes=Count(group.seen.worst, "byte"))
    return Problem(
        Severity.NOTE if heeded else Severity.WARN,
        group.both(
            message("What {end} sends in full segments does not arrive at {other}, smaller segments do: the path MTU."),
            message("Full segments of {connections} with {server} do not arrive, smaller ones do: the path MTU."),
        )
        if not told
        else group.both(
            message("Segments of {end} are too large for the path to {other}."),
            message("Segments of {connections} with {server} are too large for the path."),
        ),
        group.evidence(mtu if told and group.seen.worst else None if told else length, group.in_frames()),
        brief=brief(group, message("too large for the path")),
        cause=Cause.NETWORK,
        certainty=Certainty.CERTAIN if told else Certainty.LIKELY,
    )


def answered_late(group: FlowGroup) -> Problem:
    """Seconds between request and answer, of a protocol whose request and answer can be told."""
    waited = group.seen.worst
    long_poll = waited >= LONG_POLL_NS
    severity = Severity.NOTE if long_poll or group.sign is Sign.TLS_LATE else Severity.WARN
    severity = Severity.CHAT if group.sign is Sign.SPOKE_LATE else severity
    request = requested(group)
    perhaps = {
        Sign.TLS_LATE: message("what is encrypted cannot be told from data that nobody asked for"),
        Sign.SPOKE_LATE: message("perhaps it was no answer: this protocol is not known here"),
    }.get(group.sign)
    return Problem(
        severity,
        group.both(
            message("{end} answered {other} after {waited}."),
            message("{connections} to {server} were answered late, the first after {waited}."),
            waited=Span(waited),
        ),
        group.evidence(
            message("request: {request}", request=request) if request else None,
            perhaps,
            message("so long may be meant (long polling)") if long_poll else None,
            group.in_frames(),
        ),
        brief=brief(group, message("late answers")),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY if group.sign is Sign.ANSWERED_LATE else Certainty.OPEN,
    )


def not_answered(group: FlowGroup) -> Problem:
    """A request, and no answer until the end."""
    long_poll = group.stood_ns >= LONG_POLL_NS
    return Problem(
        Severity.NOTE if long_poll else Severity.WARN,
        group.both(
            message("{end} has not answered {other} {until}, {waited} after the request."),
            message("{connections} to {server} had no answer {until}, the first for {waited}."),
            waited=Span(group.stood_ns),
        ),
        group.evidence(
            message("request: {request}", request=requested(group)) if requested(group) else None,
            message("so long may be meant (long polling)") if long_poll else None,
            group.in_frames(),
        ),
        brief=brief(group, message("without answer")),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY,
    )


def requested(group: FlowGroup) -> str:
    """The first line of the request."""
    detail = group.seen.detail
    found = detail[0] if isinstance(detail, tuple) else detail
    return found if isinstance(found, str) else ""


def not_closed(group: FlowGroup) -> Problem:
    """The other end's FIN is acknowledged, and this end neither sends nor closes."""
    return Problem(
        Severity.WARN,
        group.both(
            message(
                "{end} has not closed {until}: {waited} before, it had sent its last data after the FIN of {other}."
            )
            if group.times(Sign.STREAMED, group.side)
            else message("{end} has not closed {until}, {waited} after the FIN of {other}."),
            message("{connections} with {server}: one end has closed, the other not {until}, the first for {waited}."),
            waited=Span(group.stood_ns),
        ),
        group.evidence(
            message("the FIN is acknowledged, so it has arrived: its program must call close()"), group.in_frames()
        ),
        brief=brief(group, message("CLOSE-WAIT")),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY,
    )


def yet_to_close(group: FlowGroup) -> Problem:
    """The same, a moment ago."""
    return Problem(
        Severity.CHAT,
        group.both(
            message("{end} has yet to close: the FIN of {other} came only just before."),
            message("{connections} with {server} were closed by one end only just before."),
        ),
        group.evidence(group.in_frames()),
    )


def streams_on(group: FlowGroup) -> Problem:
    """Data behind the other end's FIN: one direction closed, the other in use."""
    return Problem(
        Severity.CHAT,
        group.both(
            message("{end} went on sending after {other} had closed its direction."),
            message("{connections} with {server} went on in one direction after the other was closed."),
        ),
        group.evidence(group.in_frames()),
    )


def one_direction(group: FlowGroup) -> Problem:
    """One end alone is in the capture."""
    return Problem(
        Severity.NOTE,
        group.both(
            message("Nothing that {other} sent to {end} is in the capture: what it did cannot be told."),
            message("Of {connections} with {server} only one direction is in the capture."),
        ),
        group.evidence(group.in_frames()),
        brief=brief(group, message("in one direction only")),
    )


def ports_reused(group: FlowGroup) -> Problem:
    """A four-tuple has a second connection."""
    return Problem(
        Severity.NOTE,
        group.both(
            message("{end} opened a new connection to {other} with the ports of an earlier one."),
            message("{connections} to {server} have the ports of earlier ones."),
        ),
        group.evidence(group.in_frames()),
        brief=brief(group, message("with used ports")),
    )


def brief(group: FlowGroup, name: Message) -> Message:
    """`3 not answered`."""
    return message("{count} {name}", count=group.count, name=name)


def wire_rule(
    name: str, sign: Sign, find: Callable[[FlowGroup], Problem], topic: str, after_ns: int = 0, passes: bool = False
) -> WireRule:
    """A row of the table."""
    return WireRule(name, None, find, topic, sign=sign, after_ns=after_ns, passes=passes)


SHUT_FOR_GOOD, STORM, SLOW = "zero-window-never-reopened", "retransmission-storm", "slow-server"

# The worst first; of several rules on one sign, and of one id on one connection, the first counts.
WIRE_PROBLEMS: tuple[WireRule, ...] = (
    wire_rule("handshake-incomplete", Sign.SYN, syn_not_answered, "SYN-SENT", NOT_ANSWERED_NS, passes=True),
    wire_rule("handshake-incomplete", Sign.SYN_ACK, handshake_not_completed, "half-open queue", NOT_ANSWERED_NS, True),
    wire_rule(SHUT_FOR_GOOD, Sign.SHUT, window_not_reopened, "zero_window", SHUT_NS, passes=True),
    wire_rule(SHUT_FOR_GOOD, Sign.ENDED_SHUT, window_not_reopened, "zero_window"),
    wire_rule("path-mtu", Sign.ICMP_TOO_BIG, too_large_for_the_path, "MSS"),
    wire_rule("path-mtu", Sign.TOO_LARGE, too_large_for_the_path, "MSS", passes=True),
    wire_rule("close-wait-leak", Sign.UNCLOSED, not_closed, "CLOSE-WAIT", NOT_CLOSED_NS, passes=True),
    *RESET_RULES,
    wire_rule(SLOW, Sign.ASKED, not_answered, "HTTP", HUNG_NS, passes=True),
    wire_rule(SLOW, Sign.ANSWERED_LATE, answered_late, "HTTP"),
    wire_rule("receive-window-shut", Sign.REOPENED, window_was_shut, "zero_window"),
    wire_rule(STORM, Sign.REPEATED, sent_again_and_again, "retransmission"),
    wire_rule(STORM, Sign.MANY_RETRANSMISSIONS, sent_again_and_again, "retransmission"),
    wire_rule("slow-handshake", Sign.OPENED_LATE, opened_late, "1/3 SYN"),
    wire_rule("asymmetric-capture", Sign.ONE_SIDED, one_direction, "ack_lost_segment", passes=True),
    wire_rule("port-reuse", Sign.REUSED, ports_reused, "reused_ports"),
    wire_rule(SLOW, Sign.TLS_LATE, answered_late, "TLS"),
    wire_rule(SLOW, Sign.SPOKE_LATE, answered_late, "message framing"),
    wire_rule("close-wait", Sign.UNCLOSED, yet_to_close, "CLOSE-WAIT", passes=True),
    wire_rule("half-close", Sign.STREAMED, streams_on, "half-close"),
)
RULES_OF_SIGN = by_sign(WIRE_PROBLEMS)
