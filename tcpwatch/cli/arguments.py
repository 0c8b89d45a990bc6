"""The words of the command line, read once into the options of their command."""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence

from tcpwatch.cli.options import (
    CheckOptions,
    CommandOptions,
    DashboardOptions,
    DemoOptions,
    DoctorOptions,
    ExplainOptions,
    FlowsOptions,
    FrameOptions,
    KernelOptions,
    LadderOptions,
    PacketsOptions,
    ReportOptions,
    SocketsOptions,
    WhyOptions,
)
from tcpwatch.cli.parser import build_parser, unknown_options
from tcpwatch.report.formats import DEFAULT
from tcpwatch.why.language import language_of

LOOKS_S = 10.0  # of a report


class ParsedWords(argparse.Namespace):
    """What argparse fills in; the defaults are here because options may stand before a command and after it."""

    command: str = "dashboard"
    iface: str | None = None
    port: Sequence[int] = []  # argparse appends to a copy
    backend: str = "native"
    bpf: bool = True
    filter: str = ""
    format: str = DEFAULT
    count: int | None = None
    read: str | None = None
    write: str | None = None
    scenario: str | None = None
    list: bool = False
    headless: bool = False
    host: bool = False
    pace: float | None = None
    presenter: bool = False
    topic: Sequence[str] = []
    lang: str | None = None
    netns: str | None = None
    all_netns: bool = False
    allow_kill: bool = False
    watch: float | None = None
    expression: Sequence[str] = []
    max: int = 0
    severity: str = "warn"
    hold: float = 0.0
    looks: float | None = None
    output: str | None = None
    payload: bool = False
    stream: int | None = None


def parse(argv: Sequence[str]) -> CommandOptions:
    """Read the command line; on an error argparse prints it and exits with 2."""
    parser, commands = build_parser()
    if unknown := next(unknown_options(argv, (parser, *commands)), None):
        parser.error(unknown)  # argparse would take the value of such an option for a command, and blame that
    words = parser.parse_args(argv, namespace=ParsedWords())
    if words.read is not None and (words.netns is not None or words.all_netns or words.allow_kill):
        parser.error("a capture file has no sockets: --netns, --all-netns and --allow-kill are for a live picture")
    if words.read is not None and words.looks is not None:
        parser.error("a capture file is read as a whole: --for is for a live picture")
    if words.read is not None and words.watch is not None:
        parser.error("a capture file is explained once: --watch is for a live picture")
    return READ[words.command](words)


def _frames(words: ParsedWords) -> FrameOptions:
    return FrameOptions(
        iface=words.iface,
        ports=tuple(words.port),
        portable=words.backend == "portable",
        read=words.read,
        write=words.write,
        max_segs=words.count,
    )


def _kernel(words: ParsedWords) -> KernelOptions:
    return KernelOptions(portable=words.backend == "portable", bpf=words.bpf, all_netns=words.all_netns)


def _language(words: ParsedWords) -> str:
    """The language of the explanations: the one that was asked for, else the locale's."""
    return words.lang or language_of(os.environ)


def _dashboard(words: ParsedWords) -> DashboardOptions:
    return DashboardOptions(
        netns=words.netns,
        frames=_frames(words),
        kernel=_kernel(words),
        filter=words.filter,
        language=_language(words),
        presenter=words.presenter,
        allow_kill=words.allow_kill,
    )


def _demo(words: ParsedWords) -> DemoOptions:
    return DemoOptions(
        dashboard=_dashboard(words),
        scenario=words.scenario,
        list=words.list,
        headless=words.headless,
        host=words.host,
        pace=words.pace,
    )


def _sockets(words: ParsedWords) -> SocketsOptions:
    return SocketsOptions(
        netns=words.netns, kernel=_kernel(words), ports=tuple(words.port), filter=words.filter, format=words.format
    )


def _explain(words: ParsedWords) -> ExplainOptions:
    return ExplainOptions(
        netns=words.netns,
        frames=_frames(words),
        kernel=_kernel(words),
        ports=tuple(words.port),
        watch_s=words.watch,
        command="explain" if words.read is None else "explain_file",
        language=_language(words),
        format=words.format,
    )


def _check(words: ParsedWords) -> CheckOptions:
    return CheckOptions(
        netns=words.netns,
        kernel=_kernel(words),
        ports=tuple(words.port),
        filter=" ".join(words.expression),
        most=words.max,
        severity=words.severity,
        holds_s=words.hold,
        language=_language(words),
        format=words.format,
    )


def _packets(words: ParsedWords) -> PacketsOptions:
    return PacketsOptions(netns=words.netns, frames=_frames(words), filter=words.filter, format=words.format)


def _flows(words: ParsedWords) -> FlowsOptions:
    return FlowsOptions(netns=words.netns, frames=_frames(words), filter=words.filter, format=words.format)


def _doctor(words: ParsedWords) -> DoctorOptions:
    return DoctorOptions(netns=words.netns, kernel=_kernel(words), allow_kill=words.allow_kill, format=words.format)


def _report(words: ParsedWords) -> ReportOptions:
    return ReportOptions(
        netns=words.netns,
        frames=_frames(words),
        kernel=_kernel(words),
        looks_s=LOOKS_S if words.looks is None else words.looks,
        folder=words.output,
        payload=words.payload,
        language=_language(words),
    )


def _ladder(words: ParsedWords) -> LadderOptions:
    return LadderOptions(frames=_frames(words), stream=words.stream, language=_language(words), format=words.format)


def _why(words: ParsedWords) -> WhyOptions:
    return WhyOptions(netns=words.netns, topic=tuple(words.topic), list=words.list, language=_language(words))


READ: Mapping[str, Callable[[ParsedWords], CommandOptions]] = {
    "dashboard": _dashboard,
    "demo": _demo,
    "sockets": _sockets,
    "packets": _packets,
    "flows": _flows,
    "explain": _explain,
    "check": _check,
    "doctor": _doctor,
    "report": _report,
    "ladder": _ladder,
    "why": _why,
}
