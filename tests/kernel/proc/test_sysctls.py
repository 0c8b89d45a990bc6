from pathlib import Path

from tcpwatch.kernel.proc.sysctls import Sysctls
from tcpwatch.sockets.counters import LocalPorts


def test_read_gives_the_values_as_they_are_now(tmp_path: Path) -> None:
    file = tmp_path / "net" / "ipv4" / "tcp_retries2"
    file.parent.mkdir(parents=True)
    file.write_text("15\n")
    sysctls = Sysctls(tmp_path)
    assert sysctls.read() == {"net.ipv4.tcp_retries2": 15}
    file.write_text("8\n")
    assert sysctls.read() == {"net.ipv4.tcp_retries2": 8}
    sysctls.close()
    sysctls.close()
    assert sysctls.read() == {}


def test_read_where_there_are_none(tmp_path: Path) -> None:
    assert Sysctls(tmp_path).read() == {}


def test_local_ports_are_the_range_without_those_that_are_reserved(tmp_path: Path) -> None:
    folder = tmp_path / "net" / "ipv4"
    folder.mkdir(parents=True)
    (folder / "ip_local_port_range").write_text("32768\t60999\n")
    assert Sysctls(tmp_path).local_ports() == LocalPorts(32_768, 60_999)
    (folder / "ip_local_reserved_ports").write_text("8080,32767-32769,60999\n")
    sysctls = Sysctls(tmp_path)
    assert sysctls.local_ports() == LocalPorts(32_768, 60_999, frozenset({32_768, 32_769, 60_999}))
    assert sysctls.read() == {}
    sysctls.close()
    assert sysctls.local_ports() is None
