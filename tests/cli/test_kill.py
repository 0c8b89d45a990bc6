"""What `--allow-kill` opens, and when it is refused."""

import pytest

from tcpwatch.cli import kill
from tcpwatch.errors import PrivilegeError, UsageError
from tcpwatch.system.privileges import Capability, Privileges

ALLOWED = True


@pytest.fixture(autouse=True)
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that destroys sockets, and root."""
    monkeypatch.setattr(kill, "is_supported", lambda: True)
    monkeypatch.setattr(kill, "held_privileges", lambda: Privileges(0, 1 << Capability.NET_ADMIN, False))


def test_kill_not_asked_for_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kill, "is_supported", lambda: pytest.fail("nobody asked"))
    assert kill.open_destroyer(False) is None


def test_kill_without_the_capability_is_refused_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kill, "held_privileges", lambda: Privileges(1000, 0, False))
    with pytest.raises(PrivilegeError, match="CAP_NET_ADMIN") as refused:
        kill.open_destroyer(ALLOWED)
    assert refused.value.exit_code == 3


def test_kill_on_a_kernel_that_cannot_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kill, "is_supported", lambda: False)
    with pytest.raises(UsageError, match="CONFIG_INET_DIAG_DESTROY"):
        kill.open_destroyer(ALLOWED)


@pytest.mark.e2e
def test_kill_that_is_allowed_is_open() -> None:
    destroyer = kill.open_destroyer(ALLOWED)
    assert destroyer is not None
    destroyer.close()
