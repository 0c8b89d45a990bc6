"""Who holds the connection and what that program does, as sentences. Pure."""

from collections.abc import Iterator

from tcpwatch.diagnose.message import Message, Time, message
from tcpwatch.diagnose.problem import Level
from tcpwatch.diagnose.threads import threads_in_words
from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.program import Program, next_steps
from tcpwatch.tui.detail.sentence import Sentence, parts
from tcpwatch.tui.paint.format import grouped

ARGUMENTS_CELLS = 60


def who(detail: Detail, now_ns: int) -> Iterator[Sentence]:
    """The program, whose it is, and how many of its connections are in the same trouble."""
    program = detail.program
    more = [problem for problem in detail.of_its_program if problem.level is Level.PROGRAM]
    if program is not None:
        started = program.started_ns
        known_since = started is not None and detail.wall_ns
        told = (
            f"{_command_line(program)} /{program.pid}",
            message("user {user}", user=program.user) if program.user else "",
            _where(program),
            message("for {time}", time=Time(now_ns + detail.wall_ns - (started or 0))) if known_since else "",
            _descriptor(detail),
            _descriptors_used(program) if not more else "",
            message("executable replaced since") if program.executable_deleted else "",
        )
        yield Sentence("who", parts(*told))
    if more:
        yield Sentence("in all", more[0].message, "caution")
        facts = (fact for fact in more[0].evidence if not _is_about_threads(fact, program))
        yield Sentence("", parts(*facts), "muted")


def threads(detail: Detail) -> Iterator[Sentence]:
    """What the program's threads are in."""
    if detail.program is not None and detail.program.threads is not None:
        yield Sentence("threads", parts(*threads_in_words(detail.program.threads)))


def tools(detail: Detail) -> tuple[str, ...]:
    """The commands that look into the program."""
    return tuple(step.command for step in next_steps(detail.program)) if detail.program is not None else ()


def _is_about_threads(fact: object, program: Program | None) -> bool:
    seen = program.threads if program is not None else None
    return seen is not None and fact in threads_in_words(seen)


def _where(program: Program) -> Message | str:
    if program.container:
        return message("container {name}", name=program.container)
    return message("unit {name}", name=program.unit) if program.unit else ""


def _command_line(program: Program) -> str:
    first, *rest = program.command_line or (program.command,)
    words = " ".join((first.rpartition("/")[2], *rest))
    return words if len(words) <= ARGUMENTS_CELLS else f"{words[: ARGUMENTS_CELLS - 1]}…"


def _descriptor(detail: Detail) -> str:
    owners = detail.connection.owners if detail.connection is not None else ()
    return f"fd {owners[0].fd}" if owners and owners[0].fd is not None else ""


def _descriptors_used(program: Program) -> Message | str:
    if program.fds_used is None or program.fd_limit is None:
        return ""
    return message("{used} of {limit} fds", used=grouped(program.fds_used), limit=grouped(program.fd_limit))
