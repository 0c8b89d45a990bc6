import sys
from pathlib import Path

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.proc.net_tcp import ProcNet
from tcpwatch.sockets.row import SocketRow, Timer, TimerKind
from tcpwatch.tcp.state import State

NOW_NS = 7_000_000_000
HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

pytestmark = pytest.mark.skipif(
    sys.byteorder != "little", reason="the lines are as a little-endian machine prints them"
)


def line(
    state: str = "01",
    *,
    local: str = "0100007F:270F",
    remote: str = "0200007F:C350",
    queues: str = "00000005:00000003",
    timer: str = "00:00000000 00000000",
    uid: int = 33,
    inode: int = 99,
) -> str:
    return (
        f"   0: {local} {remote} {state} {queues} {timer}    {uid}        0 {inode} 1 0000000000000000 20 4 0 10 -1\n"
    )


def table(root: Path, *ipv4: str, ipv6: tuple[str, ...] | None = None) -> ProcNet:
    (root / "tcp").write_text(HEADING + "".join(ipv4))
    if ipv6 is not None:
        (root / "tcp6").write_text(HEADING + "".join(ipv6))
    return ProcNet(root=root, clock=lambda: NOW_NS)


def only(source: ProcNet) -> SocketRow:
    (row,) = source.dump()
    return row


def test_dump_established(tmp_path: Path) -> None:
    row = only(table(tmp_path, line()))
    assert (str(row.local), str(row.remote)) == ("127.0.0.1:9999", "127.0.0.2:50000")
    assert (row.state, row.uid, row.inode, row.recv_q, row.send_q) == (State.ESTABLISHED, 33, 99, 3, 5)
    assert (row.timer, row.mapped, row.info_bytes) == (None, False, b"")
    assert row.cookie < 0


def test_dump_ipv6(tmp_path: Path) -> None:
    loopback, mapped = "0" * 24 + "01000000", "0" * 16 + "FFFF00000100007F"
    source = table(
        tmp_path,
        ipv6=(
            line(local=f"{loopback}:0050", remote=f"{loopback}:C350"),
            line(local=f"{mapped}:0050", remote=f"{mapped}:C350"),
        ),
    )
    assert [(str(row.local), row.mapped) for row in source.dump()] == [("[::1]:80", False), ("127.0.0.1:80", True)]


def test_dump_timer(tmp_path: Path) -> None:
    row = only(table(tmp_path, line("06", timer="03:00000BB8 00000002")))
    assert row.timer == Timer(TimerKind.TIME_WAIT, 30_000, 2, NOW_NS)


def test_dump_listeners_on_one_port(tmp_path: Path) -> None:
    """SO_REUSEPORT: equal ends, and two sockets all the same."""
    rows = table(tmp_path, line("0A", inode=1), line("0A", inode=2)).dump()
    assert len(rows) == 2
    assert (rows[0].recv_q, rows[0].send_q, rows[0].backlog) == (None, None, None)


def test_dump_cookie_survives_the_close(tmp_path: Path) -> None:
    before = only(table(tmp_path, line("01", inode=99)))
    after = only(table(tmp_path, line("06", uid=0, inode=0)))
    assert before.cookie == after.cookie
    assert after.uid is None


def test_dump_socket_listed_twice(tmp_path: Path) -> None:
    assert len(table(tmp_path, line(), line()).dump()) == 1


@pytest.mark.parametrize(
    "damaged",
    [
        "\0\0\0\n",
        "   0: 0100007F:270F\n",
        line("0D"),
        line("zz"),
        line(local="7F:270F"),
        line(local="0100007F:0F"),
        line(queues="00000005"),
    ],
)
def test_dump_damaged_line(tmp_path: Path, damaged: str) -> None:
    source = table(tmp_path, damaged, line())
    assert len(source.dump()) == 1
    assert source.skipped == 1


def test_dump_without_ipv6(tmp_path: Path) -> None:
    assert len(table(tmp_path, line()).dump()) == 1


def test_dump_without_table(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        ProcNet(root=tmp_path).dump()


def test_message_has_the_reason(tmp_path: Path) -> None:
    assert ProcNet(why="Netlink was refused.").message.endswith("Netlink was refused.")
