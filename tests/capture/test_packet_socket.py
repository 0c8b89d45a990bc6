import select
import socket

import pytest

from tcpwatch.capture.bpf_filter import Framing
from tcpwatch.capture.interfaces import ALL_INTERFACES, Interface, find_interface
from tcpwatch.capture.packet_ring import PacketRing
from tcpwatch.capture.packet_socket import PacketSocket, attach_filter, framing
from tcpwatch.errors import PrivilegeError, SourceError
from tests.capture.conftest import ip, lay_cable
from tests.capture.frames import PORT, UNTAGGED, datagram, ethernet
from tests.capture.traffic import connection, drain, send, until

LOOPBACK = find_interface("lo")
FRAME = ethernet(UNTAGGED, datagram(b"x" * 40))


def failing_with(error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(socket.socket, "__init__", refuse)


@pytest.mark.parametrize(
    ("hardware_type", "expected"),
    [
        (1, Framing.ETHERNET),
        (772, Framing.ETHERNET),
        (65_534, Framing.RAW),
        (512, Framing.COOKED),
        (None, Framing.COOKED),
    ],
)
def test_framing_follows_the_hardware_type(hardware_type: int | None, expected: Framing) -> None:
    assert framing(Interface("x0", 1, True, False, hardware_type)) is expected


def test_socket_without_the_capability_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_with(PermissionError(1, "Operation not permitted"), monkeypatch)
    with pytest.raises(PrivilegeError) as refusal:
        PacketSocket(LOOPBACK, [PORT], 100)
    assert refusal.value.message == "capturing on lo needs CAP_NET_RAW"
    assert refusal.value.fix


def test_socket_on_a_system_without_packet_sockets_names_the_other_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    failing_with(OSError(97, "Address family not supported by protocol"), monkeypatch)
    with pytest.raises(SourceError, match="--backend portable"):
        PacketSocket(LOOPBACK, [PORT], 100)


@pytest.mark.e2e
def test_socket_receives_nothing_before_attach(namespace: None) -> None:
    with PacketSocket(find_interface("lo"), [], 100) as receiver:
        connection("127.0.0.1")
        assert select.select([receiver], [], [], 0) == ([], [], [])

        receiver.attach()
        connection("127.0.0.1")
        assert select.select([receiver], [], [], 1)[0] == [receiver]


@pytest.mark.e2e
def test_socket_s_filter_cannot_be_replaced(namespace: None) -> None:
    with PacketSocket(find_interface("lo"), [PORT], 100) as receiver:
        receiver.attach()
        with pytest.raises(PermissionError):
            attach_filter(receiver, [(0x06, 0, 0, 65_535)])


@pytest.mark.e2e
def test_socket_on_an_interface_that_vanished_meanwhile_is_refused(veth: tuple[str, str]) -> None:
    interface = find_interface("v0")
    ip("link", "delete", "v0")
    with PacketSocket(interface, [PORT], 100) as receiver, pytest.raises(SourceError, match="cannot capture on v0"):
        receiver.attach()


@pytest.mark.e2e
def test_socket_on_all_interfaces_has_no_link_to_lose(namespace: None) -> None:
    with PacketSocket(ALL_INTERFACES, [PORT], 100) as receiver:
        receiver.attach()
        assert receiver.working
        assert receiver.message == "capturing on all interfaces"


@pytest.mark.e2e
def test_socket_on_an_interface_that_is_down_waits_for_it(veth: tuple[str, str]) -> None:
    ip("link", "set", "v0", "down")
    with PacketSocket(find_interface("v0"), [PORT], 100) as receiver:
        receiver.attach()
        assert receiver.message == "v0 is down, waiting"

        ip("link", "set", "v0", "up")
        receiver.check_link()
        assert receiver.message == "capturing on v0"


@pytest.mark.e2e
def test_socket_goes_back_to_an_interface_that_was_created_again(veth: tuple[str, str]) -> None:
    ring = PacketRing(find_interface("v0"), [PORT])
    ip("link", "delete", "v0")
    until(ring, lambda: ring.message == "v0 is gone, waiting for it to come back")

    lay_cable()
    until(ring, lambda: ring.working)
    assert ring.message == "capturing on v0, which was created again"
    send("v1", FRAME)

    assert [data for _, _, data, _ in drain(ring)] == [FRAME]
    ring.close()


@pytest.mark.e2e
def test_socket_leaves_another_kind_of_interface_of_the_same_name_alone(veth: tuple[str, str]) -> None:
    with PacketSocket(find_interface("v0"), [PORT], 100) as receiver:
        receiver.attach()
        ip("link", "delete", "v0")
        ip("tuntap", "add", "v0", "mode", "tun")
        receiver.check_link()

        assert receiver.message == "v0 is gone, waiting for it to come back"


@pytest.mark.e2e
def test_socket_follows_an_interface_to_its_new_name(veth: tuple[str, str]) -> None:
    with PacketSocket(find_interface("v0"), [PORT], 100) as receiver:
        receiver.attach()
        ip("link", "set", "v0", "down")
        ip("link", "set", "v0", "name", "wan", "up")
        receiver.check_link()

        assert receiver.message == "capturing on wan"
