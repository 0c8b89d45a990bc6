import pytest

from tcpwatch.system import sandbox
from tcpwatch.system.sandbox import Sandbox, enter_sandbox


def refuse() -> None:
    raise OSError(38, "Function not implemented")


def test_sandbox_that_the_kernel_refuses_is_told_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "refuse_system_calls", lambda: None)
    monkeypatch.setattr(sandbox, "refuse_file_changes", refuse)
    entered = enter_sandbox(reads_processes=False)
    assert entered == Sandbox(None, "Function not implemented")
    assert entered.message.endswith("changed; Landlock: none (Function not implemented)")


def test_sandbox_of_who_reads_processes_has_no_landlock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "refuse_system_calls", refuse)
    monkeypatch.setattr(sandbox, "refuse_file_changes", lambda: pytest.fail("it would see no owner"))
    entered = enter_sandbox(reads_processes=True)
    assert entered == Sandbox("Function not implemented", "owners are looked for in /proc, which it forbids")


def test_sandbox_that_is_whole_says_what_it_does() -> None:
    assert Sandbox(None, None).message == (
        "seccomp: no program is started, no process traced, no namespace or mount changed; "
        "Landlock: no file is opened to write, made or removed"
    )
