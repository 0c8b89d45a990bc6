"""`tcpwatch doctor`: what this machine and this user can see, and how to see more."""

import os
import platform
import sys
from collections.abc import Sequence
from typing import Any

from tcpwatch import __version__
from tcpwatch.capture.interfaces import ALL_INTERFACES, list_interfaces
from tcpwatch.capture.source import open_capture
from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.kill import open_destroyer
from tcpwatch.cli.netns import namespace_scope
from tcpwatch.cli.sources import drop_privileges
from tcpwatch.errors import PrivilegeError, SourceError, UsageError
from tcpwatch.kernel.events import EventSource
from tcpwatch.kernel.namespaces.all_sockets import NamespaceScope
from tcpwatch.kernel.namespaces.find import list_namespaces
from tcpwatch.kernel.proc.processes import ProcessTable
from tcpwatch.kernel.source import open_kernel
from tcpwatch.kernel.users import user_name
from tcpwatch.report import ndjson
from tcpwatch.system.privileges import OWNER_LOOKUP, Capability, fix, held_privileges
from tcpwatch.text.clean import clean
from tcpwatch.text.quantity import counted

Check = dict[str, Any]

KEPT_FOR = {
    str(Capability.NET_ADMIN): "(to end connections)",
    str(Capability.SYS_PTRACE): "(to find owners in /proc)",
    str(Capability.DAC_READ_SEARCH): "(to read /proc, or tcpwatch's own modules)",
}
FOR_BPF = (Capability.BPF, Capability.PERFMON)


def run(arguments: Arguments) -> int:
    """Try each source for real and print what came of it."""
    facts = {"tcpwatch": __version__, **about(), **namespaces()}
    look, reach_checks = reach_or_why_not(arguments)
    kernel, reads_processes = kernel_checks(arguments, look)
    checks = [*kernel, packets_check(), *reach_checks, *kill_checks(arguments)]
    found = interfaces()
    drop_privileges(reads_processes, arguments.allow_kill)  # for good, as after every start: this is how that goes
    facts["after_start"] = privileges()
    if arguments.json:
        sys.stdout.write(ndjson.line({**facts, "checks": checks, "interfaces": found}) + "\n")
    else:
        sys.stdout.write("\n".join(report(facts, checks, found)) + "\n")
    return 0


def about() -> Check:
    """The machine, the user, and the capabilities in effect."""
    return {
        "system": clean(f"{platform.system()} {platform.release()}"),
        "python": platform.python_version(),
        **privileges(),
    }


def privileges() -> Check:
    """Who this is now, and what he may do."""
    held = held_privileges()
    return {
        "user": user_name(os.geteuid()),
        "capabilities": [str(capability) for capability in Capability if held.holds(capability)],
    }


def namespaces() -> Check:
    """The network namespace that this is, and the others that can be found, each by its best word."""
    found = [place.netns.label for place in list_namespaces()]
    return {"netns": found[0] if found else None, "other_netns": found[1:]}


def reach_or_why_not(arguments: Arguments) -> tuple[NamespaceScope, list[Check]]:
    """The namespaces to look at; with `--all-netns`, whether they may be entered."""
    try:
        look = namespace_scope(arguments)
    except PrivilegeError as error:
        return NamespaceScope(), [{"name": "netns", "works": False, "says": error.message, "mend": error.fix}]
    message = f"{counted(1 + len(look.namespace_threads), 'namespace')} entered; such as come later are not seen"
    return look, [{"name": "netns", "works": True, "says": message, "mend": None}] if arguments.all_netns else []


def kernel_checks(arguments: Arguments, look: NamespaceScope) -> tuple[list[Check], bool]:
    """Where sockets, owners and changes of state come from, tried for real; and whether /proc goes on being read."""
    try:
        kernel = open_kernel(bpf=arguments.bpf, scope=look)
        count = len(kernel.sockets.dump())
    except SourceError as error:
        return [{"name": "sockets", "works": False, "says": str(error), "mend": None}], False
    kernel.close()
    lacking = arguments.bpf and not held_privileges().holds(*FOR_BPF)
    sockets: Check = {
        "name": "sockets",
        "works": True,
        "says": f"{kernel.sockets.message}: {counted(count, 'socket')}",
        "mend": fix(*FOR_BPF) if lacking and kernel.sockets.name != "bpf" else None,
    }
    reads_processes = kernel.owners.reads_processes
    return [sockets, owners_check(reads_processes), events_check(kernel.transitions, lacking)], reads_processes


def owners_check(reads_processes: bool) -> Check:
    """Whether the owners of other users' sockets can be found."""
    held = held_privileges()
    lacking = [capability for capability in OWNER_LOOKUP if not held.holds(capability)]
    denied = ProcessTable().denied() if reads_processes and not lacking else 0
    if denied:  # capabilities in a user namespace are none over the processes outside it
        message = f"all but {counted(denied, 'process')} outside this user namespace, or hidden by a security module"
        return {"name": "owners", "works": False, "says": message, "mend": None}
    if not reads_processes or not lacking:
        return {"name": "owners", "works": True, "says": "the processes of all users", "mend": None}
    wanted = " and ".join(map(str, lacking))
    message = f"only processes of {user_name(os.geteuid())}; those of others need {wanted}"
    return {"name": "owners", "works": False, "says": message, "mend": fix(*lacking)}


def events_check(transitions: EventSource | None, lacking: bool) -> Check:
    """Whether the kernel tells changes of state as they happen, or at least ends; `lacking` what BPF would take."""
    if transitions is not None and transitions.every_change:
        return {"name": "events", "works": True, "says": transitions.message, "mend": None}
    wanted = " and ".join(map(str, FOR_BPF)) if lacking else "BPF"
    told = f"{transitions.message}; other" if transitions is not None else "all"
    message = f"{told} changes of state are seen once a second; as they happen needs {wanted}"
    return {"name": "events", "works": False, "says": message, "mend": fix(*FOR_BPF) if lacking else None}


def packets_check() -> Check:
    """Whether segments can be captured."""
    try:
        source = open_capture(ALL_INTERFACES, ())
        source.close()
    except PrivilegeError as error:
        return {"name": "packets", "works": False, "says": error.message, "mend": error.fix}
    except SourceError as error:
        return {"name": "packets", "works": False, "says": str(error), "mend": None}
    return {"name": "packets", "works": True, "says": source.message, "mend": None}


def kill_checks(arguments: Arguments) -> list[Check]:
    """Whether connections can be ended, where that was asked for."""
    try:
        destroyer = open_destroyer(arguments)
    except PrivilegeError as error:
        return [{"name": "kill", "works": False, "says": error.message, "mend": error.fix}]
    except UsageError as error:
        return [{"name": "kill", "works": False, "says": str(error), "mend": None}]
    if destroyer is None:
        return []
    destroyer.close()
    message = f"K ends a connection; {Capability.NET_ADMIN} is kept for it"
    return [{"name": "kill", "works": True, "says": message, "mend": None}]


def interfaces() -> list[Check]:
    """The interfaces to capture on."""
    return [
        {"name": found.name, "up": found.up, "loopback": found.loopback, "addresses": list(found.addresses)}
        for found in list_interfaces()
    ]


def report(facts: Check, checks: Sequence[Check], found: Sequence[Check]) -> list[str]:
    """All of it as lines for a person."""
    lines = [
        f"tcpwatch {facts['tcpwatch']} on {facts['system']}, Python {facts['python']}",
        f"user {facts['user']}; capabilities: {_listed(facts['capabilities'])}",
        f"once all is open: {_what_is_left(facts['after_start'])}",
        f"network namespace: {facts['netns']}; others in sight: {_listed(facts['other_netns'])}",
        "",
    ]
    for check in checks:
        lines.append(f"{'●' if check['works'] else '○'} {check['name']:8} {check['says']}")
        if check["mend"]:
            lines.append(f"           to have {'more' if check['works'] else 'it'}: {check['mend']}")
    lines += ["", "interfaces (for --iface; `any` is all of them)"]
    for one in found:
        kind = "loopback" if one["loopback"] else ""
        state = "up" if one["up"] else "down"
        lines.append(f"  {one['name']:15} {state:5} {kind:9} {' '.join(one['addresses'])}".rstrip())
    return lines


def _what_is_left(held: Check) -> str:
    """Who one is after the start, what is kept, and what for."""
    user = held["user"] if os.geteuid() else f"{held['user']} (there is nobody else to be here)"
    kept = [f"{capability} {KEPT_FOR[capability]}" for capability in held["capabilities"]]
    return f"user {user}; capabilities: {_listed(kept)}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"
