"""Rows of BPF, with what sock_diag adds where that knows more."""

from dataclasses import replace

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.sock_diag.module_info import complete_attributes
from tcpwatch.sockets.extras import Extensions
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tests.builders import Told, row
from tests.diagnose.kernel_record import Record

FULLER = Extensions(congestion="bbr", congestion_info={"bw": 5}, ulp="tls", ulp_info={"version": 772})


def by_bpf(state: State = State.ESTABLISHED, **facts: object) -> SocketRow:
    return row(cookie=7, state=state, record=Record({}, extensions=Extensions(**facts)))  # type: ignore[arg-type]


def by_sock_diag() -> list[SocketRow]:
    return [row(cookie=7, attributes=Told(FULLER))]


def never() -> list[SocketRow]:
    raise AssertionError("nothing is lacking")


@pytest.mark.parametrize("facts", [{"ulp": "tls"}, {"congestion": "bbr"}, {"congestion": "dctcp"}])
def test_complete_attributes_missing_in_bpf(facts: dict[str, str]) -> None:
    [completed] = complete_attributes([by_bpf(**facts)], by_sock_diag)
    assert completed.extensions == FULLER


@pytest.mark.parametrize(
    "whole",
    [
        by_bpf(congestion="cubic"),
        by_bpf(congestion="bbr", congestion_info={"bw": 5}),
        by_bpf(State.CLOSE_WAIT, congestion="bbr"),
        by_bpf(State.LISTEN, congestion="bbr"),
        row(attributes=Told(Extensions(ulp="tls"))),
        row(),
    ],
)
def test_complete_asks_for_nothing_more_than_there_is(whole: SocketRow) -> None:
    assert complete_attributes([whole], never) == [whole]


def test_complete_leaves_the_others_as_they_are() -> None:
    other = replace(by_bpf(congestion="cubic", mark=9), cookie=8)
    assert complete_attributes([other, by_bpf(ulp="tls")], by_sock_diag)[0] is other


def test_complete_a_socket_that_has_gone() -> None:
    lacking = by_bpf(ulp="tls")
    assert complete_attributes([lacking], list)[0].extensions == Extensions(ulp="tls")


def test_complete_where_sock_diag_is_refused() -> None:
    def refused() -> list[SocketRow]:
        raise SourceError("no netlink")

    lacking = by_bpf(ulp="tls")
    assert complete_attributes([lacking], refused) == [lacking]
