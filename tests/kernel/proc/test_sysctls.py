from pathlib import Path

from tcpwatch.kernel.proc.sysctls import Sysctls


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
