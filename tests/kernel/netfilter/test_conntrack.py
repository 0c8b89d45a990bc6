"""Netfilter's table of this kernel, in a namespace of its own, and as a file."""

import shutil
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.netfilter.conntrack import MOST_BYTES, ConntrackTable
from tests.builders import ends
from tests.kernel.netfilter.test_listed import CLIENT, PLAIN, SERVER, UDP

TRACK = """
add table inet tcpwatch
add chain inet tcpwatch out { type filter hook output priority 0; }
add rule inet tcpwatch out ct state new accept
"""


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No ctnetlink here."""

    def refuse(*_: object) -> None:
        raise OSError(93, "Protocol not supported")

    monkeypatch.setattr("tcpwatch.kernel.netfilter.conntrack.socket.socket", refuse)


@pytest.mark.usefixtures("refused")
def test_table_in_a_file_is_gone_through(tmp_path: Path) -> None:
    (tmp_path / "table").write_text(f"{UDP}\n" * 2_000 + f"{PLAIN}\n")
    with closing(ConntrackTable(tmp_path / "table")) as table:
        assert table.readable
        assert table.find(ends(CLIENT, SERVER)) is not None
        assert table.find(ends(CLIENT, ("192.0.2.9", 1))) is None


@pytest.mark.usefixtures("refused")
def test_table_that_is_too_large_is_not_gone_through_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "table").write_text(f"{UDP}\n" * (MOST_BYTES // len(UDP) + 1_000))
    with closing(ConntrackTable(tmp_path / "table")) as table, pytest.raises(SourceError, match="too large"):
        table.find(ends(CLIENT, SERVER))


@pytest.mark.usefixtures("refused")
def test_table_that_may_not_be_read_is_unknown(tmp_path: Path) -> None:
    with closing(ConntrackTable(tmp_path / "none")) as table:
        assert not table.readable
        with pytest.raises(SourceError, match="no ctnetlink"):
            table.find(ends(CLIENT, SERVER))


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft")
def test_connection_is_found_with_the_capability_and_without_it(namespace: None) -> None:
    if not Path("/proc/thread-self/net/nf_conntrack").exists():
        pytest.skip("needs nf_conntrack")
    subprocess.run(["nft", "-f", "-"], input=TRACK, text=True, check=True)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        closing(ConntrackTable()) as table,
    ):
        asked = ends(client.getsockname(), server.getsockname())
        by_netlink, untracked = table.find(asked), table.find(ends(CLIENT, SERVER))
        by_file = table._search(asked, table._file or 0)
    assert by_netlink is not None
    assert (by_netlink.state, by_netlink.ends, by_netlink.translated) == ("ESTABLISHED", asked, False)
    assert by_file is not None
    assert (by_file.state, by_file.ends, by_file.assured) == ("ESTABLISHED", asked, by_netlink.assured)
    assert untracked is None
