from pathlib import Path

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.proc.netstat import Netstat
from tcpwatch.sockets.counters import ABORTS

TEXT = """\
TcpExt: SyncookiesSent TW ListenOverflows ListenDrops TCPAbortOnClose
TcpExt: 3 99 {overflows} 14 5
IpExt: InNoRoutes ListenDrops
IpExt: 7 8
"""


def test_read_gives_the_counters_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "netstat"
    file.write_text(TEXT.format(overflows=12))
    netstat = Netstat(file)
    assert netstat.read() == {"ListenOverflows": 12, "ListenDrops": 14, "SyncookiesSent": 3, "TCPAbortOnClose": 5}
    file.write_text(TEXT.format(overflows=13))
    assert netstat.read()["ListenOverflows"] == 13
    netstat.close()
    netstat.close()
    assert netstat.read() == {}


@pytest.mark.parametrize("text", ["", "TcpExt: TW\n"])
def test_read_of_a_kernel_that_counts_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "netstat").write_text(text)
    netstat = Netstat(tmp_path / "netstat")
    assert netstat.read() == {}
    netstat.close()


def test_open_where_there_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        Netstat(tmp_path / "netstat")


@pytest.mark.e2e
def test_read_of_this_kernel() -> None:
    if not Path("/proc/thread-self/net/netstat").exists():
        pytest.skip("needs Linux's /proc")
    netstat = Netstat()
    assert {"ListenOverflows", "ListenDrops", *ABORTS} <= netstat.read().keys()
    netstat.close()
