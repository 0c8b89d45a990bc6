"""`tcpwatch check`: one line and an exit code for cron, CI and Nagios: is anything wrong, or too much of something?"""

import time

from tcpwatch.cli.commands.explain import concerns, picture
from tcpwatch.cli.live import open_sockets
from tcpwatch.cli.options import CheckOptions
from tcpwatch.cli.sources import give_up_privileges
from tcpwatch.diagnose.problem import SEVERITY_RANK, Severity
from tcpwatch.monitor.filter.language import Test, compile_filter
from tcpwatch.monitor.snapshot import Snapshot
from tcpwatch.report.formats import FORMATS
from tcpwatch.report.output import Output
from tcpwatch.report.records.check import CHECK_RESULT, CheckResult
from tcpwatch.report.records.problems import reported
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.why.catalog import translation

FAILED = 1
PAUSE_S = 1.0


def run(options: CheckOptions, entered: Namespace | None = None) -> int:
    """Print the result; 1 where the check fails, and has failed at each look for as long as it was to hold."""
    passes = compile_filter(options.filter) if options.filter else None
    monitor = open_sockets(options.kernel, entered, again=options.holds_s > 0)
    give_up_privileges(keep_owner_lookup=monitor.reads_processes)
    until_s = time.monotonic() + options.holds_s
    try:
        while True:
            result = result_of(picture(monitor), options, passes)
            left_s = until_s - time.monotonic()
            if result.passed or left_s <= 0:
                break
            monitor.listen(min(PAUSE_S, left_s))
    finally:
        monitor.stop()
    with Output() as output:
        FORMATS[options.format].open_writer(CHECK_RESULT, output)([result])
    return 0 if result.passed else FAILED


def result_of(snapshot: Snapshot, options: CheckOptions, passes: Test | None) -> CheckResult:
    """What one look shows: how many sockets pass the filter, or which problems are severe enough."""
    ports = frozenset(options.ports)
    if passes is not None:
        chosen = [
            one
            for one in snapshot.connections
            if (not ports or one.row.local.port in ports or one.row.remote.port in ports)
            and passes(one, snapshot.mono_ns)
        ]
        return CheckResult(options.filter, len(chosen), options.most, len(snapshot.connections))
    least = SEVERITY_RANK[Severity(options.severity)]
    chosen_problems = [
        problem for problem in snapshot.problems if problem.rank >= least and concerns(problem, snapshot, ports)
    ]
    found = tuple(reported(snapshot, chosen_problems.__contains__, translation(options.language)))
    return CheckResult("", len(found), options.most, len(snapshot.connections), found)
