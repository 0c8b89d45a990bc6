"""The commands, their options, and the --help of each."""

import argparse
import re
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from tcpwatch import __version__
from tcpwatch.report.formats import DEFAULT, FORMATS
from tcpwatch.why.language import LANGUAGES

OPTION_PATTERN = re.compile(r"--?[A-Za-z]")
SEVERITIES = ("chat", "note", "warn", "error")  # spelled out: the start imports nothing for them
LADDER_FORMATS = ("text", "markdown", "svg")
UNIT_S = {"": 1, "s": 1, "m": 60, "h": 3600}
DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)([smh]?)", re.ASCII)
PACE = re.compile(r"\d{1,2}(\.\d{1,3})?", re.ASCII)


def build_parser() -> tuple[ArgumentParser, Iterable[ArgumentParser]]:
    """The program's parser, and that of each command. What is not given on the command line sets nothing."""
    parser = _dashboard()
    return parser, _add_commands(parser)


def _dashboard() -> ArgumentParser:
    """The program without a command."""
    parser = ArgumentParser(
        prog="tcpwatch",
        description="See why a TCP connection is stuck: sockets by state, segments by step, and both TCBs.",
        epilog="Without a command: the dashboard. `tcpwatch demo` shows it on real connections of its own.",
        argument_default=SUPPRESS,
    )
    parser.add_argument("--version", action="version", version=f"tcpwatch {__version__}")
    _add_interface_or_file(parser)
    _add_port(parser)
    _add_backend(parser)
    _add_write(parser)
    _add_filter(parser)
    _add_language(parser)
    _add_presenter(parser)
    _add_namespace(parser, everywhere=True)
    _add_kill(parser)
    return parser


def _add_commands(parser: ArgumentParser) -> Iterable[ArgumentParser]:
    """The commands, and which of them has which options."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, summary: str) -> ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary, argument_default=SUPPRESS)
        added.set_defaults(command=name)
        return added

    sockets = command("sockets", "Every TCP socket of this host, once.")
    packets = command("packets", "The segments on the wire or in a capture file, one line each.")
    flows = command("flows", "The connections on the wire or in a capture file, one line each.")
    demo = command("demo", "Real connections on loopback, and the dashboard on them.")
    explain = command(
        "explain", "What is wrong with the connections of this host, or of a capture file, in plain words."
    )
    check = command("check", "One line and an exit code, for cron and CI: is anything wrong, or too much of something?")
    report = command("report", "Everything about now in one folder, to be read by who was not there.")
    ladder = command("ladder", "One connection of a capture file as a picture, or as text.")
    doctor = command("doctor", "What this machine and user can see, and how to see more.")
    why = command("why", "What a word on the screen means: a state, step, flag, field, timer or queue.")
    _add_scenario(demo)
    _add_presenter(demo)
    _add_topic(why)
    _add_filter(sockets)
    _add_check(check)
    _add_report(report)
    _add_ladder(ladder)
    _add_port(ladder)
    _add_interface_or_file(report)
    _add_file(explain)
    explain.add_argument("--watch", type=duration, metavar="S", help="look again after each S seconds")
    _add_kill(doctor)
    for reader in (packets, flows):
        _add_interface_or_file(reader)
        _add_write(reader)
        _add_filter(reader)
        reader.add_argument("-c", "--count", type=positive, metavar="N", help="stop after N segments")
    for reader in (sockets, packets, flows, explain, check, report, demo):
        _add_port(reader)
        _add_backend(reader)
    for reader in (sockets, packets, flows, explain, check, report, doctor):
        _add_namespace(reader, everywhere=reader not in (packets, flows, report))
    for explainer in (explain, check, report, ladder, demo, why):
        _add_language(explainer)
    for printer in (sockets, packets, flows, explain, check, doctor):
        _add_format(printer)
    return commands.choices.values()


def unknown_options(argv: Sequence[str], parsers: Iterable[ArgumentParser]) -> Iterator[str]:
    """An error message for each word that looks like an option and begins the name of none of the parsers' options."""
    known = {
        name
        for parser in parsers
        for name, action in parser._option_string_actions.items()
        if action.help is not SUPPRESS
    }
    for word in takewhile("--".__ne__, argv):
        name = word.partition("=")[0] if word.startswith("--") else word[:2]
        if OPTION_PATTERN.match(name) and not any(option.startswith(name) for option in known):
            from difflib import get_close_matches

            nearest = get_close_matches(name, known, 1)
            yield f"there is no option {name}" + (f"; did you mean {nearest[0]}?" if nearest else "")


def port(word: str) -> int:
    """A TCP port, as a `type` of argparse."""
    if word.isascii() and word.isdigit() and 0 < int(word) < 65_536:
        return int(word)
    raise argparse.ArgumentTypeError(f"{word!r} is no port: a number from 1 to 65535")


def positive(word: str) -> int:
    """A count, as a `type` of argparse."""
    if word.isascii() and word.isdigit() and int(word) > 0:
        return int(word)
    raise argparse.ArgumentTypeError(f"{word!r} is no count: a whole number above 0")


def count(word: str) -> int:
    """How many are allowed, as a `type` of argparse."""
    if word.isascii() and word.isdigit():
        return int(word)
    raise argparse.ArgumentTypeError(f"{word!r} is no count: a whole number")


def duration(word: str) -> float:
    """A time such as 10 or 10s or 5m, as a `type` of argparse; in seconds."""
    if found := DURATION.fullmatch(word):
        return float(found[1]) * UNIT_S[found[2]]
    raise argparse.ArgumentTypeError(f"{word!r} is no time: a number of seconds, such as 10, 10s, or 5m")


def seconds(word: str) -> float:
    """A time between two acts, as a `type` of argparse."""
    if PACE.fullmatch(word):
        return float(word)
    raise argparse.ArgumentTypeError(f"{word!r} is no pace: seconds, such as 2 or 0.5")


def _add_interface_or_file(parser: ArgumentParser) -> None:
    either = parser.add_mutually_exclusive_group()
    _add_interface(either)
    _add_file(either)


def _add_file(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("-r", "--read", metavar="FILE", help="read a capture file; - is stdin")


def _add_write(parser: ArgumentParser) -> None:
    parser.add_argument("-w", "--write", metavar="FILE", help="record the frames in a new pcapng file")


def _add_filter(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--filter", metavar="EXPR", help="only connections that pass, such as 'state:close-wait age>60s proc:java'"
    )
    parser.add_argument("--f", dest="filter", help=SUPPRESS)  # short for --filter, though --format begins so too


def _add_format(parser: ArgumentParser) -> None:
    meanings = ", ".join(f"{row.name}: {row.help}" for row in FORMATS.values())
    parser.add_argument("--format", choices=tuple(FORMATS), help=f"{meanings} (default: {DEFAULT})")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help=FORMATS["json"].help)


def _add_namespace(parser: ArgumentParser, everywhere: bool) -> None:
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--netns", metavar="NAME|PID", help="in this network namespace, or that of this process")
    if everywhere:
        either.add_argument("--all-netns", action="store_true", help="the sockets of every network namespace")


def _add_kill(parser: ArgumentParser) -> None:
    parser.add_argument("--allow-kill", action="store_true", help="let K end a connection (keeps CAP_NET_ADMIN)")


def _add_scenario(parser: ArgumentParser) -> None:
    parser.add_argument(
        "scenario",
        nargs="?",
        metavar="SCENARIO",
        help="one TCP situation, or `mixed`: many at once (default: that, then a tour of all)",
    )
    parser.add_argument("--list", action="store_true", help="the scenarios, and what each teaches")
    parser.add_argument("--headless", action="store_true", help="tell it as text; fails where a promise was not seen")
    parser.add_argument(
        "--host", action="store_true", help="on this host's own loopback, without what would set its sysctls"
    )
    parser.add_argument(
        "--pace", type=seconds, metavar="SECONDS", help="the time between two acts (default: until they are told)"
    )


def _add_check(parser: ArgumentParser) -> None:
    parser.add_argument(
        "expression",
        nargs="*",
        metavar="EXPR",
        help="count the sockets that pass this filter, such as 'state:close-wait age>60s' (default: the problems)",
    )
    parser.add_argument("--max", type=count, metavar="N", help="so many are allowed (default: 0)")
    parser.add_argument("--severity", choices=SEVERITIES, help="the least that counts as a problem (default: warn)")
    parser.add_argument(
        "--for", dest="hold", type=duration, metavar="S", help="fail only if it holds at each look for S seconds"
    )


def _add_report(parser: ArgumentParser) -> None:
    parser.add_argument("--for", dest="looks", type=duration, metavar="S", help="how long to look (default: 10 s)")
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="a new or an empty folder (default: tcpwatch-report-HOST-TIME here)"
    )
    parser.add_argument(
        "--payload", action="store_true", help="keep what was captured of the payload, which may hold secrets"
    )


def _add_ladder(parser: ArgumentParser) -> None:
    parser.add_argument("-r", "--read", metavar="FILE", help="the capture file; - is stdin")
    parser.add_argument("--stream", type=count, metavar="N", help="its number in tcpwatch flows (default: the first)")
    parser.add_argument("--format", choices=LADDER_FORMATS, help=f"(default: {LADDER_FORMATS[0]})")


def _add_topic(parser: ArgumentParser) -> None:
    parser.add_argument("topic", nargs="*", metavar="TOPIC", help="such as CLOSE-WAIT, '1/3 SYN', SND.UNA, why four")
    parser.add_argument("--list", action="store_true", help="all there are")


def _add_presenter(parser: ArgumentParser) -> None:
    parser.add_argument("--presenter", action="store_true", help="begin with one connection as a ladder, held by steps")


def _add_language(parser: ArgumentParser) -> None:
    parser.add_argument("--lang", choices=LANGUAGES, help="the language of the explanations (default: the locale's)")


def _add_interface(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("-i", "--iface", metavar="IF", help="the interface to capture on (default: all of them)")


def _add_port(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-p", "--port", type=port, action="append", metavar="N", help="a port to watch; may be given several times"
    )


def _add_backend(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--backend",
        choices=("native", "portable"),
        help="where sockets and packets come from: the kernel's own interfaces, or psutil and scapy "
        "(default: native; portable where there are none)",
    )
    parser.add_argument("--no-bpf", dest="bpf", action="store_false", help="load no BPF programs")
