"""`tcpwatch doctor`: what this machine and this user can see, and how to see more."""

import os
import platform
from collections.abc import Sequence
from typing import NamedTuple

from tcpwatch import __version__
from tcpwatch.capture.interfaces import ALL_INTERFACES, Interface, list_interfaces
from tcpwatch.capture.source import open_capture
from tcpwatch.cli.host_checks import host_checks
from tcpwatch.cli.kill import open_destroyer
from tcpwatch.cli.netns import namespace_scope
from tcpwatch.cli.options import DoctorOptions, KernelOptions
from tcpwatch.cli.sources import give_up_privileges
from tcpwatch.errors import PrivilegeError, SourceError, UsageError
from tcpwatch.kernel.events import EventSource
from tcpwatch.kernel.mishaps import MishapSource
from tcpwatch.kernel.namespaces.all_sockets import NamespaceScope
from tcpwatch.kernel.namespaces.find import list_namespaces
from tcpwatch.kernel.proc.owners import INIT
from tcpwatch.kernel.proc.processes import ProcessTable
from tcpwatch.kernel.proc.programs import Programs
from tcpwatch.kernel.source import open_kernel
from tcpwatch.kernel.users import user_name
from tcpwatch.report.formats import FORMATS
from tcpwatch.report.output import Output
from tcpwatch.report.records.doctor import DOCTOR, Check, Examination, UserRights
from tcpwatch.sockets.mishaps import MishapKind
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.system.privileges import OWNER_LOOKUP, Capability, fix, held_privileges
from tcpwatch.system.sandbox import Sandbox
from tcpwatch.text.clean import clean
from tcpwatch.text.quantity import counted

FOR_BPF = (Capability.BPF, Capability.PERFMON)

# Name of the check, what is known where it works, and what is known where it does not.
MISHAP_CHECKS = {
    MishapKind.RESET_SENT: (
        "resets",
        "BPF: every RST that this kernel sends, and why",
        "only how many connections this kernel resets (TCPAbortOn… in nstat); which, and why,",
    ),
    MishapKind.ERROR: (
        "errors",
        "BPF: every error that a program is given for its connection",
        "which error ended one",
    ),
    MishapKind.DROPPED: ("drops", "BPF: every TCP segment that this kernel drops, and why", "why a segment is dropped"),
}


class FirstHalf(NamedTuple):
    """What is examined while the privileges are there; `reads_processes`: /proc goes on being read for owners."""

    before: UserRights
    namespaces: Sequence[str]
    checks: Sequence[Check]
    interfaces: Sequence[Interface]
    reads_processes: bool


def run(options: DoctorOptions, entered: Namespace | None = None) -> int:
    """Try each source for real and print what came of it."""
    begun = begin(options, entered)
    sandbox = give_up_privileges(begun.reads_processes, options.allow_kill)  # for good, as every start does
    with Output() as output:
        FORMATS[options.format].open_writer(DOCTOR, output)([finish(begun, sandbox)])
    return 0


def begin(options: DoctorOptions, entered: Namespace | None = None) -> FirstHalf:
    """Open each source once, with all privileges."""
    before = user_rights()
    namespaces = [place.netns.label for place in list_namespaces()]  # ours first
    scope, scope_checks = scope_or_why_not(options.kernel, entered)
    kernel, reads_processes = kernel_checks(options.kernel.bpf, scope)
    checks = [*kernel, packets_check(), *scope_checks, *host_checks(), *kill_checks(options.allow_kill)]
    return FirstHalf(before, namespaces, checks, list_interfaces(), reads_processes)


def finish(begun: FirstHalf, sandbox: Sandbox | None) -> Examination:
    """The whole, once the privileges are given up: what is left of them is a part of it."""
    return Examination(
        version=__version__,
        system=clean(f"{platform.system()} {platform.release()}"),
        python=platform.python_version(),
        before=begun.before,
        after_start=user_rights(),
        netns=begun.namespaces[0] if begun.namespaces else None,
        other_netns=begun.namespaces[1:],
        checks=[*begun.checks, *sandbox_checks(sandbox)],
        interfaces=begun.interfaces,
    )


def user_rights() -> UserRights:
    """Who the process is now, and what it may do."""
    held = held_privileges()
    capabilities = [str(capability) for capability in Capability if held.holds(capability)]
    return UserRights(user_name(os.geteuid()), os.geteuid() == 0, capabilities)


def scope_or_why_not(kernel: KernelOptions, entered: Namespace | None) -> tuple[NamespaceScope, list[Check]]:
    """The namespaces to look at; with `--all-netns`, whether they may be entered."""
    try:
        scope = namespace_scope(kernel, entered)
    except PrivilegeError as error:
        return NamespaceScope(), [Check("netns", False, error.message, error.fix)]
    message = f"{counted(1 + len(scope.namespace_threads), 'namespace')} entered; such as come later are not seen"
    return scope, [Check("netns", True, message)] if kernel.all_netns else []


def kernel_checks(bpf: bool, scope: NamespaceScope) -> tuple[list[Check], bool]:
    """Where sockets, owners and changes of state come from, tried for real; and whether /proc goes on being read."""
    try:
        kernel = open_kernel(bpf=bpf, scope=scope)
        count = len(kernel.sockets.dump())
    except SourceError as error:
        return [Check("sockets", False, str(error))], False
    lacking = bpf and not held_privileges().holds(*FOR_BPF)
    sockets = Check(
        "sockets",
        True,
        f"{kernel.sockets.message}: {counted(count, 'socket')}",
        fix(*FOR_BPF) if lacking and kernel.sockets.name != "bpf" else None,
    )
    reads_processes = kernel.owners.reads_processes
    checks = [sockets, owners_check(reads_processes), events_check(kernel.transitions, lacking)]
    checks += mishap_checks(kernel.mishaps, lacking)
    checks += program_checks(kernel.programs, reads_processes, lacking)
    kernel.close()
    return checks, reads_processes


def owners_check(reads_processes: bool) -> Check:
    """Whether the owners of other users' sockets can be found."""
    held = held_privileges()
    lacking = [capability for capability in OWNER_LOOKUP if not held.holds(capability)]
    if reads_processes and not ProcessTable().pids():
        return Check("owners", False, "/proc, where they are looked for, is not mounted here")
    denied = ProcessTable().denied() if reads_processes and not lacking else 0
    if denied:  # capabilities in a user namespace are none over the processes outside it
        message = f"all but {counted(denied, 'process')} outside this user namespace, or hidden by a security module"
        return Check("owners", False, message)
    if not reads_processes or not lacking:
        return Check("owners", True, "the processes of all users")
    wanted = " and ".join(map(str, lacking))
    message = f"only processes of {user_name(os.geteuid())}; those of others need {wanted}"
    return Check("owners", False, message, fix(*lacking))


def events_check(transitions: EventSource | None, lacking: bool) -> Check:
    """Whether the kernel reports each change of state, or only ends; `lacking`: BPF would, but needs a capability."""
    if transitions is not None and transitions.every_change:
        return Check("events", True, transitions.message)
    wanted = " and ".join(map(str, FOR_BPF)) if lacking else "BPF"
    others = f"{transitions.message}; other" if transitions is not None else "all"
    message = f"{others} changes of state are seen once a second; as they happen needs {wanted}"
    return Check("events", False, message, fix(*FOR_BPF) if lacking else None)


def mishap_checks(mishaps: MishapSource, lacking: bool) -> list[Check]:
    """Whether the kernel tells what goes wrong; `lacking`: it would, but needs a capability."""
    checks = []
    for kind, (name, works, otherwise) in MISHAP_CHECKS.items():
        refusal = mishaps.unavailable.get(kind)
        if refusal is None:
            partly = mishaps.partly.get(kind)
            checks.append(Check(name, True, f"{works}: {partly}" if partly else works))
        elif lacking:
            message = f"{otherwise} needs {' and '.join(map(str, FOR_BPF))}"
            checks.append(Check(name, False, message, fix(*FOR_BPF)))
        else:
            checks.append(Check(name, False, f"{otherwise} needs BPF. {refusal}"))
    return checks


def program_checks(programs: Programs | None, reads_processes: bool, lacking: bool) -> list[Check]:
    """What can be told of the program behind a socket, and what its threads do."""
    if programs is None:
        return [Check("programs", False, "/proc, where they are looked for, is not mounted here")]
    me = user_name(os.geteuid())
    if programs.read(INIT) is not None:
        who = Check("programs", True, "command line, user, unit, start, limits and descriptors of all users' processes")
    else:
        who = Check("programs", False, f"only processes of {me}: /proc hides those of others (mount option hidepid)")
    if programs.tasks is not None:
        return [who, Check("threads", True, programs.message)]
    if reads_processes and held_privileges().holds(*OWNER_LOOKUP):
        return [who, Check("threads", True, "/proc: the threads of all users' processes")]
    wanted = " and ".join(map(str, FOR_BPF)) if lacking else "BPF"
    message = f"only those of processes of {me}; what others wait in needs {wanted}"
    return [who, Check("threads", False, message, fix(*FOR_BPF) if lacking else None)]


def packets_check() -> Check:
    """Whether segments can be captured."""
    try:
        source = open_capture(ALL_INTERFACES, ())
        source.close()
    except PrivilegeError as error:
        return Check("packets", False, error.message, error.fix)
    except SourceError as error:
        return Check("packets", False, str(error))
    return Check("packets", True, source.message)


def sandbox_checks(sandbox: Sandbox | None) -> list[Check]:
    """Whether the process is fenced in after it has given up its privileges; nothing for one that had none."""
    if sandbox is None:
        return []
    return [Check("sandbox", sandbox.whole, sandbox.message)]


def kill_checks(allow_kill: bool) -> list[Check]:
    """Whether connections can be ended, where that was asked for."""
    try:
        destroyer = open_destroyer(allow_kill)
    except PrivilegeError as error:
        return [Check("kill", False, error.message, error.fix)]
    except UsageError as error:
        return [Check("kill", False, str(error))]
    if destroyer is None:
        return []
    destroyer.close()
    message = f"K ends a connection; {Capability.NET_ADMIN} is kept for it"
    return [Check("kill", True, message)]
