"""What a command was asked to do, as one frozen object for each command. Nothing changes it after it was parsed.

Functions below a command take the part or the value that they need, not the whole. All are named tuples, since every
start makes these classes, and a data class takes five times as long to make.
"""

from typing import NamedTuple, Protocol

from tcpwatch.report.formats import DEFAULT


class CommandOptions(Protocol):
    """What every command has: the module of `commands` that does it, and the network namespace to run in."""

    @property
    def command(self) -> str:
        """The module's name."""

    @property
    def netns(self) -> str | None:
        """A name or a pid; None for the namespace that tcpwatch was started in."""


class FrameOptions(NamedTuple):
    """Which frames are read, from an interface or from the file `read`, and where they are recorded.

    Without ports all are meant; `max_segs` ends the reading after so many segments.
    """

    iface: str | None = None
    ports: tuple[int, ...] = ()
    portable: bool = False
    read: str | None = None
    write: str | None = None
    max_segs: int | None = None


class KernelOptions(NamedTuple):
    """Where the socket table comes from: `portable` is psutil, `all_netns` every network namespace."""

    portable: bool = False
    bpf: bool = True
    all_netns: bool = False


class DashboardOptions(NamedTuple):
    """`tcpwatch`, live or of a file."""

    netns: str | None = None
    frames: FrameOptions = FrameOptions()
    kernel: KernelOptions = KernelOptions()
    filter: str = ""
    language: str = "en"
    presenter: bool = False
    allow_kill: bool = False
    command: str = "dashboard"


class DemoOptions(NamedTuple):
    """`tcpwatch demo`: the dashboard, or a text, on connections of its own. `pace` is in seconds."""

    dashboard: DashboardOptions = DashboardOptions()
    scenario: str | None = None
    list: bool = False
    headless: bool = False
    host: bool = False
    pace: float | None = None
    command: str = "demo"

    @property
    def netns(self) -> str | None:
        """That of the dashboard."""
        return self.dashboard.netns


class SocketsOptions(NamedTuple):
    """`tcpwatch sockets`."""

    netns: str | None = None
    kernel: KernelOptions = KernelOptions()
    ports: tuple[int, ...] = ()
    filter: str = ""
    format: str = DEFAULT
    command: str = "sockets"


class ExplainOptions(NamedTuple):
    """`tcpwatch explain`: once, or again after each `watch_s` seconds; of a capture file where `frames` names one."""

    netns: str | None = None
    frames: FrameOptions = FrameOptions()
    kernel: KernelOptions = KernelOptions()
    ports: tuple[int, ...] = ()
    watch_s: float | None = None
    language: str = "en"
    format: str = DEFAULT
    command: str = "explain"


class CheckOptions(NamedTuple):
    """`tcpwatch check`: fails where more than `most` sockets pass the filter, or more problems of that severity stand.

    It must fail for `holds_s` seconds on end.
    """

    netns: str | None = None
    kernel: KernelOptions = KernelOptions()
    ports: tuple[int, ...] = ()
    filter: str = ""
    most: int = 0
    severity: str = "warn"
    holds_s: float = 0.0
    language: str = "en"
    format: str = DEFAULT
    command: str = "check"


class PacketsOptions(NamedTuple):
    """`tcpwatch packets`."""

    netns: str | None = None
    frames: FrameOptions = FrameOptions()
    filter: str = ""
    format: str = DEFAULT
    command: str = "packets"


class FlowsOptions(NamedTuple):
    """`tcpwatch flows`."""

    netns: str | None = None
    frames: FrameOptions = FrameOptions()
    filter: str = ""
    format: str = DEFAULT
    command: str = "flows"


class DoctorOptions(NamedTuple):
    """`tcpwatch doctor`."""

    netns: str | None = None
    kernel: KernelOptions = KernelOptions()
    allow_kill: bool = False
    format: str = DEFAULT
    command: str = "doctor"


class ReportOptions(NamedTuple):
    """`tcpwatch report`: of `looks_s` seconds, or of a capture file, in `folder`; with `payload` frames are whole."""

    netns: str | None = None
    frames: FrameOptions = FrameOptions()
    kernel: KernelOptions = KernelOptions()
    looks_s: float = 10.0
    folder: str | None = None
    payload: bool = False
    language: str = "en"
    command: str = "report"


class LadderOptions(NamedTuple):
    """`tcpwatch ladder`: connection number `stream` of a capture file; None for the first."""

    netns: str | None = None
    frames: FrameOptions = FrameOptions()
    stream: int | None = None
    language: str = "en"
    format: str = DEFAULT
    command: str = "ladder"


class WhyOptions(NamedTuple):
    """`tcpwatch why`."""

    netns: str | None = None
    topic: tuple[str, ...] = ()
    list: bool = False
    language: str = "en"
    command: str = "why"
