"""The lines of the detail pane."""

from dataclasses import replace

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.row import Backlog
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.context import tab_context
from tcpwatch.tui.detail.tabs.tcb import tcb_lines
from tests.tui.canned import MONO_NS, connection, details, ends_of, server_end

LEAK = details()[server_end(53420)]


def lines(detail: Detail, width: int = 118, absolute: bool = False) -> list[str]:
    return [line.text for line in tcb_lines(tab_context(detail, MONO_NS, width, absolute))]


def test_wide_detail_has_both_ends_side_by_side() -> None:
    first, second, *_ = lines(LEAK)
    assert first.startswith(" here  ◐ CLOSE-WAIT for 3m07s · java/4242 fd 58 ")
    assert " │ peer  ◑ FIN-WAIT-2 for 3m07s · curl/5120 fd 3" in first
    assert " ".join(second.split()) == ("ISS 1 834 112 905 d IRS 902 113 440 d │ ISS 902 113 440 w IRS 1 834 112 905 w")


def test_absolute_numbers() -> None:
    assert "SND.UNA  1 834 112 906 d" in "\n".join(lines(LEAK, absolute=True))


def test_no_line_is_wider_than_the_pane() -> None:
    for width in (40, 79, 118, 200):
        assert all(len(line) <= width for line in lines(LEAK, width))


def test_peer_that_nothing_is_known_of() -> None:
    text = "\n".join(lines(replace(LEAK, peer=None, there=(), flow=None)))
    assert "peer  state not known · no socket of it seen here" in text
    assert "Its numbers show in its segments alone" in text


def test_peer_that_only_the_wire_shows() -> None:
    assert "peer  ◑ FIN-WAIT-2 as the wire shows it · no socket of it" in lines(replace(LEAK, peer=None))[0]


def test_time_wait_has_no_tcb_and_says_why() -> None:
    one = connection(1, server_end(1), State.TIME_WAIT, 5)
    text = lines(Detail(one.row.ends, one, None, (), (), None, None, None, ()))
    assert "In TIME-WAIT the kernel keeps little of a TCB" in text[1]
    assert not any("SND.UNA" in line for line in text)


def test_listener_has_no_peer() -> None:
    one = connection(1, ends_of(("0.0.0.0", 9999), ("0.0.0.0", 0)), State.LISTEN, 5, backlog=Backlog(0, 128))
    text = "\n".join(lines(Detail(one.row.ends, one, None, (), (), None, None, None, ())))
    assert "LISTEN" in text
    assert "peer" not in text


def test_acknowledged_bytes_count_from_the_syn() -> None:
    sent = replace(LEAK.here[0], snd_una=1_834_112_905 + 1 + 500, snd_nxt=1_834_112_905 + 1 + 520)
    bar = next(line for line in lines(replace(LEAK, here=(sent,))) if "send" in line)
    assert "acked 500" in bar
    assert "in flight 20" in bar


def test_acknowledged_bytes_do_not_count_the_fin() -> None:
    assert LEAK.peer is not None
    bar = next(line for line in lines(LEAK) if "send" in line)
    assert "acked 14" in bar  # 16 numbers: the SYN, 14 bytes, the FIN
