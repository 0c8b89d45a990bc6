"""The parts of index.html that show facts: problems, programs, sockets and connections. Rule as in `page`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tcpwatch.diagnose.problem import Cause
from tcpwatch.diagnose.threads import threads_in_words
from tcpwatch.report import texts
from tcpwatch.report.contents import Contents
from tcpwatch.report.markup import escaped
from tcpwatch.report.paragraphs import BECAUSE, DO, GLYPHS, LASTS, WHICH, WHOSE
from tcpwatch.report.records.problems import ReportedProblem
from tcpwatch.report.records.sockets import ReportedSocket
from tcpwatch.sockets.program import Program
from tcpwatch.tcp.flow import Flow
from tcpwatch.text.duration import duration, fine_duration
from tcpwatch.wire.segment import endpoints

MOST_MEMBERS, MOST_SOCKETS, MOST_FLOWS = 20, 60, 60

SOCKET_TITLES = ("STATE", "RECV-Q", "SEND-Q", "LOCAL", "REMOTE", "FOR", "OWNER")
FLOW_TITLES = ("STREAM", "INITIATOR", "RESPONDER", "OPENED", "CLOSED", "STATES", "SENT", "RECEIVED", "FOR", "ANALYSIS")


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table that can be scrolled sideways where it is too wide."""
    yield '<div class="wide"><table>'
    if titles:
        yield f"<tr>{''.join(f'<th>{escaped(title)}</th>' for title in titles)}</tr>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{escaped(cell)}</td>' for cell in row)}</tr>"
    yield "</table></div>"


def problems(contents: Contents) -> Iterator[str]:
    """An article each, the worst first, with where its connections are drawn."""
    if not contents.problems:
        yield f"<p>{escaped(contents.translate(texts.NO_PROBLEM))}</p>"
    if contents.not_looked_at:
        words = f"{contents.translate(texts.NOT_LOOKED_AT)}: {', '.join(contents.not_looked_at)}"
        yield f'<p class="muted">{escaped(words)}</p>'
    for place, record in enumerate(contents.problems):
        yield f'<article class="{record.problem.severity}"><h3>'
        yield f"{GLYPHS[record.problem.severity]} {escaped(record.message)}</h3><dl>"
        for label, content in _facts(record):
            yield f"<dt>{escaped(contents.translate(label))}</dt><dd>{content}</dd>"
        yield "</dl>"
        yield from _members(contents, record)
        yield from _drawn(contents, place, record)
        yield f'<p class="muted">{escaped(f"{record.problem.rule}, {record.problem.severity}")}</p></article>'


def _facts(record: ReportedProblem) -> Iterator[tuple[str, str]]:
    """A label and its content in HTML."""
    problem = record.problem
    if record.age_ns is not None and problem.since is not None:
        yield LASTS, f"{'' if problem.since.seen else '≥'}{duration(record.age_ns)}"
    if record.evidence:
        yield BECAUSE, "<br>".join(map(escaped, record.evidence))
    if problem.cause is not Cause.UNKNOWN:
        yield WHOSE, f"{escaped(record.translate(problem.cause))} ({escaped(record.translate(problem.certainty))})"
    if problem.next_steps:
        yield DO, "<br>".join(f"<code>{escaped(step)}</code>" for step in record.next_steps)


def _members(contents: Contents, record: ReportedProblem) -> Iterator[str]:
    if not record.members:
        return
    more = len(record.members) - MOST_MEMBERS
    yield f'<p class="muted">{escaped(contents.translate(WHICH))}</p>'
    yield from table(
        (), ((one.row.state, str(one.row.local), "⇄", str(one.row.remote), one.holders) for one in record.members[:20])
    )
    if more > 0:
        yield f"<p>{escaped(contents.translate(texts.AND_MORE).format(count=more))}</p>"


def _drawn(contents: Contents, place: int, record: ReportedProblem) -> Iterator[str]:
    if numbers := contents.ladders_of.get(place):
        links = ", ".join(f'<a href="#ladder-{number + 1}">{number + 1}</a>' for number in numbers)
        before, _, after = contents.translate(texts.LOOK_BELOW).partition("{numbers}")
        yield f"<p>{escaped(before)}{links}{escaped(after)}</p>"
    elif record.members:
        yield f'<p class="muted">{escaped(contents.translate(texts.NO_LADDER))}</p>'


def programs(contents: Contents) -> Iterator[str]:
    """The processes behind the problems: what is known of each."""
    for program in contents.programs:
        yield f"<h3>{escaped(f'{program.command}/{program.pid}')}</h3><dl>"
        for label, words in _program(program):
            yield f"<dt>{escaped(label)}</dt><dd>{escaped(words)}</dd>"
        yield "</dl>"


def _program(program: Program) -> Iterator[tuple[str, str]]:
    if program.command_line:
        yield "command", " ".join(program.command_line)
    known = (("user", program.user), ("unit", program.unit), ("container", program.container))
    yield from ((label, words) for label, words in known if words)
    if program.parent_pid is not None:
        yield "parent", f"{program.parent_command or '?'}/{program.parent_pid}"
    if program.executable_deleted:
        yield "executable", f"{program.executable or '?'} (deleted since the start)"
    if program.fds_used is not None:
        yield "descriptors", f"{program.fds_used:,} / {'?' if program.fd_limit is None else f'{program.fd_limit:,}'}"
    if program.threads is not None:
        yield "threads", "; ".join(map(str, threads_in_words(program.threads)))


def sockets(contents: Contents) -> Iterator[str]:
    """How many there are in each state, then some of them, those in trouble first."""
    if contents.sockets is None:
        return
    counts = Counter(record.connection.row.state for record in contents.sockets)
    yield from table((), ((state, f"{count:,}") for state, count in counts.most_common()))
    ordered = sorted(contents.sockets, key=lambda record: record.connection.trouble is None)
    if ordered:
        yield from table(SOCKET_TITLES, map(_socket, ordered[:MOST_SOCKETS]))
    yield from _more(contents, len(ordered) - MOST_SOCKETS, "sockets.ndjson")


def _socket(record: ReportedSocket) -> Sequence[str]:
    connection, row = record.connection, record.connection.row
    queues = (row.recv_q, row.send_q) if row.backlog is None else (row.backlog.queued, row.backlog.limit)
    age = fine_duration(max(0, record.age_ns))
    return (
        row.state,
        *("?" if length is None else f"{length:,}" for length in queues),
        str(row.local),
        str(row.remote),
        age if connection.since_seen else f"≥{age}",
        connection.holders,
    )


def flows(contents: Contents) -> Iterator[str]:
    """Those with the most to remark on first."""
    ordered = sorted(contents.flows, key=lambda flow: -sum(flow.analysis.values()))
    if ordered:
        yield from table(FLOW_TITLES, map(_flow, ordered[:MOST_FLOWS]))
    yield from _more(contents, len(ordered) - MOST_FLOWS, "flows.ndjson")


def _flow(flow: Flow) -> Sequence[str]:
    initiator, responder = endpoints(flow.ends)
    return (
        str(flow.stream),
        str(initiator),
        str(responder),
        flow.opened,
        str(flow.closed or "open"),
        f"{flow.state(0)}/{flow.state(1)}",
        *(f"{stream.payload_bytes:,}" for stream in flow.streams),
        fine_duration(max(0, flow.last_ns - flow.first_ns)),
        ", ".join(f"{word} {count}" for word, count in sorted(flow.analysis.items())),
    )


def _more(contents: Contents, count: int, file: str) -> Iterator[str]:
    if count > 0:
        words = contents.translate(texts.AND_MORE).format(count=f"{count:,}")
        yield f'<p>{escaped(words)}: <a href="{file}">{file}</a></p>'
