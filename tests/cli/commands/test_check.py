"""One line and an exit code: the command on real sockets."""

import json

import pytest

from tests.cli.commands.test_explain import leak as leak
from tests.cli.commands.test_explain import ran

pytestmark = pytest.mark.e2e


def test_check_fails_on_a_problem_and_passes_where_so_many_are_allowed(leak: int) -> None:
    failed = ran("check", "-p", str(leak))
    assert failed.returncode == 1
    assert failed.stdout.startswith("TCPWATCH CRITICAL - 1 problem: ")
    assert ran("check", "-p", str(leak), "--max", "1").returncode == 0


def test_check_counts_the_sockets_that_pass_a_filter(leak: int) -> None:
    ended = ran("check", "state:close-wait", f"port:{leak}", "--max", "3", "--json")
    found = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert (found["passed"], found["count"], found["most"]) == (False, 4, 3)
    assert ran("check", "state:close-wait", f"port:{leak}", "--max", "4").returncode == 0


def test_check_that_must_hold_looks_again(leak: int) -> None:
    assert ran("check", "-p", str(leak), "--for", "1.2s").returncode == 1


def test_check_with_a_filter_that_is_none_is_refused() -> None:
    ended = ran("check", "state:nonsense")
    assert ended.returncode == 2
    assert "nonsense" in ended.stderr
