"""Lists network interfaces by system calls, because `/sys/class/net` may show another namespace.

Rule: names are foreign text and cleaned on input, so an interface is bound by index, never by name.
"""

import socket
import sys
from dataclasses import dataclass, replace
from fcntl import ioctl

from tcpwatch.errors import UsageError
from tcpwatch.system.libc import IFF_UP, IFREQ
from tcpwatch.text.clean import clean

ANY = "any"
ALIASES = {"lo0": "lo", "lo": "lo0"}  # loopback on macOS and on Linux

IFF_LOOPBACK = 0x8
SIOCGIFHWADDR = 0x8927
SIOCGIFFLAGS = 0x8913 if sys.platform.startswith("linux") else 0xC020_6911


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface. `hardware_type` is Linux's ARPHRD_* number, `alias` is the other name that the user gave."""

    name: str
    index: int
    up: bool
    loopback: bool
    hardware_type: int | None
    addresses: tuple[str, ...] = ()
    alias: str | None = None

    @property
    def title(self) -> str:
        """The name, and in parentheses the alias."""
        return f"{self.name} ({self.alias})" if self.alias else self.name

    @property
    def note(self) -> str | None:
        """A sentence for the user if the alias was used."""
        return f"{self.alias} is called {self.name} here" if self.alias else None


ALL_INTERFACES = Interface(ANY, 0, up=True, loopback=False, hardware_type=None)


def list_interfaces() -> tuple[Interface, ...]:
    """Every interface of this network namespace, by index."""
    addresses = _addresses()
    return tuple(replace(interface, addresses=addresses.get(interface.name, ())) for interface in _without_addresses())


def find_interface(name: str) -> Interface:
    """The interface with this name, without addresses. `any` means all; `lo` and `lo0` both mean loopback.

    Raises UsageError, which lists the interfaces, if there is none.
    """
    name = clean(name)
    interfaces = {interface.name: interface for interface in _without_addresses()}
    if name in interfaces:
        return interfaces[name]
    if name == ANY:
        return ALL_INTERFACES
    other_name = ALIASES.get(name)
    if other_name in interfaces:
        return replace(interfaces[other_name], alias=name)
    raise UsageError(f"there is no interface {name}; there are: {', '.join((*interfaces, ANY))}")


def _without_addresses() -> list[Interface]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as query_socket:
        found = [read_interface(query_socket, index, name) for index, name in socket.if_nameindex()]
    return [interface for interface in found if interface]


def interface_named(query_socket: socket.socket, name: str) -> Interface | None:
    """The interface that has this name now, without addresses; None if there is none."""
    index_and_name = next((pair for pair in socket.if_nameindex() if clean(pair[1]) == name), None)
    return read_interface(query_socket, *index_and_name) if index_and_name else None


def read_interface(query_socket: socket.socket, index: int, name: str) -> Interface | None:
    """An interface without addresses; None if it no longer exists. `query_socket` is any socket."""
    try:
        flags = _query(query_socket, SIOCGIFFLAGS, name)
        hardware_type = _query(query_socket, SIOCGIFHWADDR, name) if sys.platform.startswith("linux") else None
    except OSError:
        return None
    up, loopback = bool(flags & IFF_UP), bool(flags & IFF_LOOPBACK)
    return Interface(clean(name), index, up, loopback, hardware_type)


def _query(query_socket: socket.socket, request: int, name: str) -> int:
    """The first 16 bits of the answer in `struct ifreq` (netdevice(7))."""
    return int(IFREQ.unpack(ioctl(query_socket, request, IFREQ.pack(name.encode(errors="surrogateescape"), 0)))[1])


def _addresses() -> dict[str, tuple[str, ...]]:
    """The IPv4 and IPv6 addresses of each interface, without the zone."""
    import psutil  # slow to import, and not needed to start

    internet = (socket.AF_INET, socket.AF_INET6)
    return {
        clean(name): tuple(clean(entry.address.partition("%")[0]) for entry in entries if entry.family in internet)
        for name, entries in psutil.net_if_addrs().items()
    }
