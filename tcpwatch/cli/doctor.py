"""`tcpwatch doctor`: what this machine and this user can see, and how to see more."""

import os
import platform
import sys

from tcpwatch import __version__
from tcpwatch.capture.interfaces import ALL_INTERFACES, list_interfaces
from tcpwatch.capture.privileges import OWNER_LOOKUP, Capability, held_privileges, mend
from tcpwatch.capture.source import open_capture
from tcpwatch.cli.arguments import Arguments
from tcpwatch.errors import PrivilegeError, SourceError
from tcpwatch.kernel.events import EventSource
from tcpwatch.kernel.source import open_kernel
from tcpwatch.kernel.users import user_name
from tcpwatch.report import ndjson
from tcpwatch.text import clean

Check = dict[str, object]

FOR_BPF = (Capability.BPF, Capability.PERFMON)


def run(arguments: Arguments) -> int:
    """Try each source for real and print what came of it."""
    checks = [*kernel_checks(arguments), packets_check()]
    if arguments.json:
        sys.stdout.write(
            ndjson.line({"tcpwatch": __version__, **about(), "checks": checks, "interfaces": interfaces()}) + "\n"
        )
        return 0
    sys.stdout.write("\n".join(report(checks)) + "\n")
    return 0


def about() -> Check:
    """The machine, the user, and the capabilities in effect."""
    held = held_privileges()
    return {
        "system": clean(f"{platform.system()} {platform.release()}"),
        "python": platform.python_version(),
        "user": user_name(os.geteuid()),
        "capabilities": [str(capability) for capability in Capability if held.holds(capability)],
    }


def kernel_checks(arguments: Arguments) -> list[Check]:
    """Where sockets, owners and changes of state come from, each tried for real."""
    try:
        kernel = open_kernel(bpf=arguments.bpf)
        count = len(kernel.sockets.dump())
    except SourceError as error:
        return [{"name": "sockets", "works": False, "says": str(error), "mend": None}]
    kernel.close()
    refused = arguments.bpf and kernel.sockets.name != "bpf" and not held_privileges().holds(*FOR_BPF)
    sockets: Check = {
        "name": "sockets",
        "works": True,
        "says": f"{kernel.sockets.says}: {count} sockets",
        "mend": mend(*FOR_BPF) if refused else None,
    }
    return [sockets, owners_check(kernel.owners.reads_processes), events_check(kernel.transitions)]


def owners_check(reads_processes: bool) -> Check:
    """Whether the owners of other users' sockets can be found."""
    held = held_privileges()
    lacking = [capability for capability in OWNER_LOOKUP if not held.holds(capability)]
    if not reads_processes or not lacking:
        return {"name": "owners", "works": True, "says": "the processes of all users", "mend": None}
    wanted = " and ".join(map(str, lacking))
    says = f"only processes of {user_name(os.geteuid())}; those of others need {wanted}"
    return {"name": "owners", "works": False, "says": says, "mend": mend(*lacking)}


def events_check(transitions: EventSource | None) -> Check:
    """Whether the kernel tells changes of state as they happen, or at least ends."""
    if transitions is not None and transitions.every_change:
        return {"name": "events", "works": True, "says": transitions.says, "mend": None}
    wanted = " and ".join(map(str, FOR_BPF))
    told = f"{transitions.says}; other" if transitions is not None else "all"
    says = f"{told} changes of state are seen once a second; as they happen needs {wanted}"
    return {"name": "events", "works": False, "says": says, "mend": mend(*FOR_BPF)}


def packets_check() -> Check:
    """Whether segments can be captured."""
    try:
        source = open_capture(ALL_INTERFACES, ())
        source.close()
    except PrivilegeError as error:
        return {"name": "packets", "works": False, "says": error.says, "mend": error.mend}
    except SourceError as error:
        return {"name": "packets", "works": False, "says": str(error), "mend": None}
    return {"name": "packets", "works": True, "says": source.says, "mend": None}


def interfaces() -> list[Check]:
    """The interfaces to capture on."""
    return [
        {"name": found.name, "up": found.up, "loopback": found.loopback, "addresses": list(found.addresses)}
        for found in list_interfaces()
    ]


def report(checks: list[Check]) -> list[str]:
    """All of it as lines for a person."""
    facts = about()
    held = ", ".join(map(str, facts["capabilities"])) if isinstance(facts["capabilities"], list) else ""
    lines = [
        f"tcpwatch {__version__} on {facts['system']}, Python {facts['python']}",
        f"user {facts['user']}; capabilities: {held or 'none'}",
        "",
    ]
    for check in checks:
        lines.append(f"{'●' if check['works'] else '○'} {check['name']:8} {check['says']}")
        if check["mend"]:
            lines.append(f"           to have {'more' if check['works'] else 'it'}: {check['mend']}")
    lines += ["", "interfaces (for --iface; `any` is all of them)"]
    for found in list_interfaces():
        kind = "loopback" if found.loopback else ""
        state = "up" if found.up else "down"
        lines.append(f"  {found.name:15} {state:5} {kind:9} {' '.join(found.addresses)}".rstrip())
    return lines
