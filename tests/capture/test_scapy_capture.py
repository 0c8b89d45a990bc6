"""What scapy's sources have of their own; what all sources owe is in test_source."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from tcpwatch.capture import scapy_capture
from tcpwatch.capture.interfaces import ALL_INTERFACES, Interface, find_interface
from tcpwatch.capture.scapy_capture import PortableCapture
from tcpwatch.errors import PrivilegeError, SourceError
from tcpwatch.wire.link import LINKTYPE_NULL
from tests.capture.conftest import ip
from tests.capture.frames import PORT, UNTAGGED, datagram, ethernet
from tests.capture.traffic import connection, drain, free_port, send, until

LOOPBACK = Interface("lo0", 1, up=True, loopback=True, hardware_type=None)
AF_INET = (2).to_bytes(4, "little")  # what stands before a datagram on macOS's loopback


class BsdListener:
    """scapy's socket on /dev/bpf, with frames that were read ahead."""

    waiting: tuple[tuple[Any, ...], ...] = ()

    def __init__(self, iface: str, filter: str | None, promisc: bool) -> None:
        self.frames = list(self.waiting)
        self.closed = False

    @staticmethod
    def select(listeners: list["BsdListener"], _seconds: float) -> list["BsdListener"]:
        return [listener for listener in listeners if listener.frames]

    def recv_raw(self, _size: int) -> tuple[Any, ...]:
        return self.frames.pop(0)

    def get_stats(self) -> tuple[int, int]:
        if self.closed:
            raise ValueError("file descriptor cannot be a negative integer (-1)")
        return 7, 2

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def bsd(monkeypatch: pytest.MonkeyPatch) -> type[BsdListener]:
    """A system without AF_PACKET, whose one interface is lo0."""

    class Listener(BsdListener):
        pass

    conf = SimpleNamespace(L2listen=Listener, l2types=SimpleNamespace(layer2num={"Loopback": LINKTYPE_NULL}))
    monkeypatch.setattr(scapy_capture, "ON_LINUX", False)
    monkeypatch.setattr(scapy_capture, "_scapy", lambda: conf)
    monkeypatch.setattr(scapy_capture, "list_interfaces", lambda: (LOOPBACK,))
    monkeypatch.setattr(scapy_capture, "_compilable", lambda *_: None)
    return Listener


def test_capture_on_bsd_gives_frames_with_their_link_type(bsd: type[BsdListener]) -> None:
    wanted, other = AF_INET + datagram(b"x" * 40), AF_INET + datagram(b"x" * 40, port=80)
    bsd.waiting = (("Loopback", wanted, 1.25), ("Loopback", other, 1.5), ("Loopback", wanted, 2.000001))
    source = PortableCapture(LOOPBACK, [PORT], snaplen=60)

    assert source.frames(100) == [
        (1_250_000_000, LINKTYPE_NULL, wanted[:60], len(wanted)),
        (2_000_001_000, LINKTYPE_NULL, wanted[:60], len(wanted)),
    ]
    assert source.statistics() == (4, 2)


def test_capture_on_bsd_survives_a_read_that_gives_nothing(bsd: type[BsdListener]) -> None:
    bsd.waiting = ((None, None, None),)
    source = PortableCapture(LOOPBACK, [PORT])

    assert source.frames(100) == []
    assert source.working


def test_capture_lets_a_listener_go_whose_interface_has_gone(
    bsd: type[BsdListener], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = PortableCapture(LOOPBACK, [PORT])
    monkeypatch.setattr(scapy_capture, "list_interfaces", lambda: ())
    source.frames(0)

    assert source.message == "lo0 is gone: start tcpwatch again when it is back"
    assert not source.working
    assert source.statistics() == (0, 0)


@pytest.mark.parametrize(("uid", "error"), [(0, SourceError), (1000, PrivilegeError)])
def test_capture_that_scapy_cannot_open_has_the_reason(
    bsd: type[BsdListener], monkeypatch: pytest.MonkeyPatch, uid: int, error: type[Exception]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise import_module("scapy.error").Scapy_Exception("Permission denied: could not open /dev/bpf0")

    monkeypatch.setattr(bsd, "__init__", refuse)
    monkeypatch.setattr("os.geteuid", lambda: uid)
    with pytest.raises(error, match="could not open /dev/bpf0"):
        PortableCapture(LOOPBACK, [PORT])


def test_capture_on_all_interfaces_closes_its_receivers_if_one_fails(
    bsd: type[BsdListener], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[BsdListener] = []

    def open_one(listener: BsdListener, **_: object) -> None:
        if opened:
            raise OSError("no more /dev/bpf")
        opened.append(listener)

    monkeypatch.setattr(bsd, "__init__", open_one)
    monkeypatch.setattr(scapy_capture, "list_interfaces", lambda: (LOOPBACK, LOOPBACK))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(SourceError, match="no more"):
        PortableCapture(ALL_INTERFACES, [PORT])
    assert opened[0].closed


@pytest.mark.parametrize(
    ("ports", "expression"),
    [
        ((), "tcp or (vlan and (tcp))"),
        ((80, 443), "tcp port 80 or tcp port 443 or (vlan and (tcp port 80 or tcp port 443))"),
    ],
)
def test_filter_looks_for_the_ports_behind_a_vlan_tag_too(
    monkeypatch: pytest.MonkeyPatch, ports: tuple[int, ...], expression: str
) -> None:
    monkeypatch.setattr("scapy.arch.common.compile_filter", lambda *_: None)
    assert scapy_capture._compilable("eth0", ports) == expression


def test_filter_for_a_link_layer_without_vlans_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_filter(expression: str, _name: str) -> None:
        if "vlan" in expression:
            raise import_module("scapy.error").Scapy_Exception("no VLAN support for NULL")

    monkeypatch.setattr("scapy.arch.common.compile_filter", compile_filter)
    assert scapy_capture._compilable("lo0", (80,)) == "tcp port 80"


@pytest.mark.e2e
def test_capture_without_libpcap_looks_at_the_ports_itself(namespace: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_libpcap(*_: object) -> None:
        raise ImportError("libpcap is not available")

    monkeypatch.setattr("scapy.arch.common.compile_filter", no_libpcap)
    port = free_port("127.0.0.1")
    source = PortableCapture(find_interface("lo"), [port])
    connection("127.0.0.1")
    assert drain(source) == []

    connection("127.0.0.1", port=port)
    assert drain(source) != []
    source.close()


@pytest.mark.e2e
def test_capture_on_all_interfaces_continues_if_one_is_down(veth: tuple[str, str]) -> None:
    source = PortableCapture(ALL_INTERFACES, [PORT])
    ip("link", "add", "v2", "type", "veth", "peer", "name", "v3")
    ip("link", "set", "lo", "down")
    until(source, lambda: source.message == "lo is down, waiting")

    assert source.working
    send("v0", ethernet(UNTAGGED, datagram(b"x" * 40)))
    assert len(drain(source)) == 2  # on either end of the cable
    source.close()
