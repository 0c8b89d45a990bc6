"""The fields of one end."""

from tcpwatch.sockets.fields import TCP_INFO_ROWS, FieldRow, Unit
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.tui.detail.fields import (
    MEASURES,
    VARIABLES,
    End,
    Value,
    field_lines,
    in_flight,
    show_measure,
    show_variable,
)

SHOW = dict((*VARIABLES, *MEASURES))


def end(*tcbs: Tcb, info: TcpInfo | None = None, retrans_segs: int | None = None) -> End:
    return End("here", None, None, tcbs, info, retrans_segs)


def test_sequence_number_relative_and_absolute() -> None:
    one = end(Tcb(Source.DERIVED, iss=1_000, snd_una=1_016))
    assert SHOW["SND.UNA"](one, False) == Value("16", "d")
    assert SHOW["SND.UNA"](one, True) == Value("1 016", "d")


def test_relative_number_wraps() -> None:
    one = end(Tcb(Source.KERNEL, irs=0xFFFF_FFF0, rcv_nxt=0x10))
    assert SHOW["RCV.NXT"](one, False) == Value("32", "k")


def test_absolute_number_without_iss_is_unknown_in_words() -> None:
    one = end(Tcb(Source.RELATIVE, snd_una=16))
    assert SHOW["SND.UNA"](one, False) == Value("16", "r")
    assert SHOW["SND.UNA"](one, True) == Value("unknown")
    assert SHOW["ISS"](one, False) == Value("SYN not seen")


def test_number_of_a_connection_that_was_not_seen_to_begin_is_called_absolute() -> None:
    one = end(Tcb(Source.WIRE, snd_una=2_773_753_932))
    assert SHOW["SND.UNA"](one, False) == Value("2773753932 abs", "w")
    assert SHOW["SND.UNA"](one, True) == Value("2 773 753 932", "w")


def test_kernels_absolute_number_needs_no_iss() -> None:
    one = end(Tcb(Source.KERNEL, rcv_nxt=7_000))
    assert SHOW["RCV.NXT"](one, True) == Value("7 000", "k")


def test_value_comes_from_the_first_tcb_that_has_it() -> None:
    one = end(Tcb(Source.RELATIVE, snd_una=16), Tcb(Source.WIRE, iss=1_000, snd_una=1_015, mss=1_460))
    assert SHOW["SND.UNA"](one, False) == Value("16", "r")
    assert SHOW["SND.UNA"](one, True) == Value("1 015", "w")
    assert SHOW["MSS"](one, False) == Value("1 460", "w")


def test_zero_is_not_unknown() -> None:
    read = end(Tcb(Source.KERNEL, rcv_nxt=5, copied_seq=5))
    assert SHOW["unread"](read, False) == Value("0", "k")
    assert SHOW["unread"](end(Tcb(Source.KERNEL, rcv_nxt=5)), False) == Value("–")


def test_window_with_and_without_its_scale() -> None:
    assert SHOW["SND.WND"](end(Tcb(Source.WIRE, snd_wnd=65_536, snd_wscale=7)), False) == Value("65 536 ×128", "w")
    assert SHOW["SND.WND"](end(Tcb(Source.WIRE, snd_wnd=512)), False) == Value("512 raw", "w")


def test_kernel_measurements() -> None:
    one = end(info=TcpInfo(rtt=52, rto=204_000, total_retrans=3, snd_mss=1_448))
    assert [SHOW[name](one, False).text for name in ("SRTT", "RTO", "retrans", "MSS")] == [
        "52 µs",
        "204 ms",
        "3",
        "1 448",
    ]


def test_retransmissions_of_an_end_that_only_the_wire_shows() -> None:
    assert SHOW["retrans"](end(retrans_segs=2), False) == Value("2", "w")


def test_in_flight_wraps() -> None:
    assert in_flight(end(Tcb(Source.WIRE, snd_una=0xFFFF_FFFF, snd_nxt=9))) == 10
    assert in_flight(end()) is None


def test_fields_take_two_columns_where_there_is_room() -> None:
    assert [len(field_lines(end(), width, False)) for width in (30, 56)] == [8 + 2, 4 + 1]


def test_variable_without_an_attribute_of_its_own() -> None:
    tcb = Tcb(Source.KERNEL, iss=1_000, others={"snd_up": 1_016, "snd_wl2": 1_234})
    assert show_variable(FieldRow("snd_up", Unit.FROM_ISS, "", ()))(end(tcb), False) == Value("16", "k")
    assert show_variable(FieldRow("snd_wl2", Unit.NUMBER, "", ()))(end(tcb), False) == Value("1 234", "k")


def test_measure_of_each_unit() -> None:
    one = end(info=TcpInfo(pmtu=65_535, last_data_recv=3, min_rtt=17))
    shown = [show_measure(row)(one, False).text for row in TCP_INFO_ROWS if getattr(one.info, row.name) is not None]
    assert shown == ["3 ms", "65 535", "17 µs"]
    assert show_measure(TCP_INFO_ROWS[0])(one, False) == Value("–")
