from tcpwatch.monitor.icmp_errors import COPY_NS, KEPT, IcmpErrorLog, IcmpErrors
from tcpwatch.wire.icmp import IcmpError
from tests.builders import ends

ENDS = ends(("10.0.0.1", 40_000), ("10.0.0.2", 80))


def error(time_ns: int, seq: int = 1, code: int = 4, mtu: int | None = None, about: bytes = ENDS) -> IcmpError:
    return IcmpError(time_ns, 3, code, "10.0.9.9", about, seq, mtu)


def log_of(*errors: IcmpError) -> IcmpErrorLog:
    log = IcmpErrorLog()
    for one in errors:
        log.extend([one])
    return log


def test_errors_about_one_end_are_counted() -> None:
    last = error(20 * COPY_NS, mtu=1_400)
    log = log_of(error(0, mtu=1_300), error(10 * COPY_NS), last)
    assert log.by_ends == {ENDS: IcmpErrors(last, 3, 0, 1_300)}


def test_copy_on_another_interface_is_the_same_error() -> None:
    log = log_of(error(0), error(COPY_NS - 1), error(COPY_NS - 1, seq=2))
    assert log.by_ends[ENDS].count == 2


def test_error_of_another_kind_is_counted_anew() -> None:
    log = log_of(error(0, mtu=1_300), error(5, code=1))
    assert log.by_ends[ENDS] == IcmpErrors(error(5, code=1), 1, 5, 1_300)


def test_connections_are_bounded_and_what_was_given_away_stays_as_it_was() -> None:
    log = log_of(error(0))
    given = log.by_ends
    log.extend([error(n, about=ends(("10.0.0.1", n), ("10.0.0.2", 80))) for n in range(2 * KEPT)])
    assert (len(given), len(log.by_ends)) == (1, KEPT)
    assert ENDS not in log.by_ends
