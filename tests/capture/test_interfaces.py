import socket

import pytest

from tcpwatch.capture import interfaces
from tcpwatch.capture.interfaces import ANY, Interface, find_interface, list_interfaces
from tcpwatch.errors import UsageError
from tests.capture.conftest import ip

LOOPBACK = "lo" if "lo" in dict(map(reversed, socket.if_nameindex())) else "lo0"


def test_loopback_is_listed_as_it_is() -> None:
    loopback = next(interface for interface in list_interfaces() if interface.name == LOOPBACK)

    assert loopback.loopback
    assert loopback.index == socket.if_nametoindex(LOOPBACK)
    assert "127.0.0.1" in loopback.addresses


def test_find_interface_loopback_by_its_alias() -> None:
    other_name = interfaces.ALIASES[LOOPBACK]
    found = find_interface(other_name)

    assert found.name == LOOPBACK
    assert found.note == f"{other_name} is called {LOOPBACK} here"
    assert found.title == f"{LOOPBACK} ({other_name})"
    assert find_interface(LOOPBACK).note is None


def test_find_interface_any_is_all_of_them() -> None:
    assert find_interface(ANY) == Interface(ANY, 0, up=True, loopback=False, hardware_type=None)


def test_find_interface_unknown_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=rf"no interface eth7; there are: .*\b{LOOPBACK}\b.*, any"):
        find_interface("eth7")


def test_find_interface_cleans_what_the_user_typed() -> None:
    with pytest.raises(UsageError) as refusal:
        find_interface("\x1b[2J")
    assert "\x1b" not in str(refusal.value)


def test_interface_that_vanished_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    there_are = socket.if_nameindex()
    monkeypatch.setattr(socket, "if_nameindex", lambda: [*there_are, (4711, "gone0")])

    assert "gone0" not in [interface.name for interface in list_interfaces()]


@pytest.mark.e2e
def test_interfaces_are_those_of_this_namespace(namespace: None) -> None:
    ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
    ip("address", "add", "10.9.8.7/24", "dev", "v0")

    found = {interface.name: interface for interface in list_interfaces()}

    assert set(found) == {"lo", "v0", "v1"}
    assert not found["v0"].up
    assert found["lo"].up
    assert found["v0"].addresses == ("10.9.8.7",)
    assert (found["lo"].hardware_type, found["v0"].hardware_type) == (772, 1)


@pytest.mark.e2e
def test_interface_name_with_an_escape_is_cleaned(namespace: None) -> None:
    ip("link", "add", "v\x1b[2J", "type", "veth", "peer", "name", "v1")

    assert "v␛[2J" in [interface.name for interface in list_interfaces()]
    assert find_interface("v\x1b[2J").index == socket.if_nametoindex("v\x1b[2J")
