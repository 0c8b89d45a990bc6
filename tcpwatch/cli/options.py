"""What a command was asked to do, as one frozen object for each command. Nothing changes it after it was parsed.

Functions below a command take the part or the value that they need, not the whole. Every start makes these classes, so
they have no methods that nothing uses (`eq`, `repr`).
"""

from dataclasses import dataclass
from typing import ClassVar

from tcpwatch.report.formats import DEFAULT


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FrameOptions:
    """Which frames are read, from an interface or from the file `read`, and where they are recorded.

    Without ports all are meant; `count` ends the reading after so many segments.
    """

    iface: str | None = None
    ports: tuple[int, ...] = ()
    portable: bool = False
    read: str | None = None
    write: str | None = None
    count: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class KernelOptions:
    """Where the socket table comes from: `portable` is psutil, `all_netns` every network namespace."""

    portable: bool = False
    bpf: bool = True
    all_netns: bool = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Options:
    """What every command has: the network namespace to run in. `command` is the module of `commands` that does it."""

    command: ClassVar[str]
    netns: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DashboardOptions(Options):
    """`tcpwatch`, live or of a file."""

    command = "dashboard"
    frames: FrameOptions = FrameOptions()
    kernel: KernelOptions = KernelOptions()
    filter: str = ""
    language: str = "en"
    presenter: bool = False
    allow_kill: bool = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DemoOptions(DashboardOptions):
    """`tcpwatch demo`: the dashboard, or a text, on connections of its own. `pace` is in seconds."""

    command = "demo"
    scenario: str | None = None
    list: bool = False
    headless: bool = False
    host: bool = False
    pace: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SocketsOptions(Options):
    """`tcpwatch sockets`."""

    command = "sockets"
    kernel: KernelOptions = KernelOptions()
    ports: tuple[int, ...] = ()
    filter: str = ""
    format: str = DEFAULT


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PacketsOptions(Options):
    """`tcpwatch packets`."""

    command = "packets"
    frames: FrameOptions = FrameOptions()
    filter: str = ""
    format: str = DEFAULT


class FlowsOptions(PacketsOptions):
    """`tcpwatch flows`."""

    command = "flows"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DoctorOptions(Options):
    """`tcpwatch doctor`."""

    command = "doctor"
    kernel: KernelOptions = KernelOptions()
    allow_kill: bool = False
    format: str = DEFAULT


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WhyOptions(Options):
    """`tcpwatch why`."""

    command = "why"
    topic: tuple[str, ...] = ()
    list: bool = False
    language: str = "en"
