"""What a start imports: headless commands no Textual, and nothing live scapy. Seen in fresh interpreters."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

HEAVY = ("textual", "rich", "scapy")

PROBE = """
import contextlib, json, os, sys
sys.argv = ["tcpwatch", *{words}]
with open(os.devnull, "w") as sink, contextlib.redirect_stdout(sink), contextlib.suppress(SystemExit):
    {run}
print(json.dumps([name for name in {heavy} if name in sys.modules]))
"""

needs_cli = pytest.mark.skipif(find_spec("tcpwatch.cli") is None, reason="there is no command line yet")


def heavy_imports(run: str, words: tuple[str, ...] = ()) -> list[str]:
    """Which of HEAVY are loaded after `run`, as the program `tcpwatch WORDS`."""
    source = PROBE.format(words=list(words), run=run, heavy=HEAVY)
    ended = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=30, check=True)
    loaded: list[str] = json.loads(ended.stdout)
    return loaded


def test_probe_sees_what_is_imported() -> None:
    assert heavy_imports("import rich") == ["rich"]


@needs_cli
@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("sockets", "--help"),
        ("sockets", "--json"),
        ("packets", "--help"),
        ("demo", "--list"),
        ("why", "RTO", "--lang", "ko"),
    ],
)
def test_headless_command_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    assert heavy_imports("from tcpwatch.cli import main; main()", words) == []


@needs_cli
@pytest.mark.skipif(find_spec("tcpwatch.tui.app") is None, reason="there is no dashboard yet")
@pytest.mark.skipif(sys.platform != "linux", reason="other systems capture with scapy")
def test_dashboard_imports_no_scapy() -> None:
    assert "scapy" not in heavy_imports("import tcpwatch.cli, tcpwatch.tui.app, tcpwatch.monitor.live")


def test_lab_program_imports_nothing_heavy() -> None:
    assert heavy_imports("import tcpwatch.lab.server, tcpwatch.lab.client") == []
