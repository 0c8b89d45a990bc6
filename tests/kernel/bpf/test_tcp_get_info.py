"""`tcp_info` from the fields of a socket, with the kernel's units."""

import pytest

from tcpwatch.kernel.bpf.tcp_get_info import Clock
from tcpwatch.sockets.tcp_info import TcpInfo
from tests.kernel.bpf.records import HZ, JIFFIES, LISTEN, READ_NS, record

CLOCK = Clock(JIFFIES, HZ, READ_NS)
JIFFIES_32 = JIFFIES & 0xFFFF_FFFF


def info(*, lacking: str = "", **values: int) -> TcpInfo:
    found = record(lacking=lacking, **values).info
    assert found is not None
    return found


def test_clock_age_of_a_past_time() -> None:
    assert (CLOCK.age_ms(JIFFIES_32 - 25), CLOCK.left_ms(JIFFIES_32 - 25)) == (100, 0)


def test_clock_left_until_a_future_time() -> None:
    assert (CLOCK.age_ms(JIFFIES_32 + 50), CLOCK.left_ms(JIFFIES_32 + 50)) == (0, 200)


def test_clock_counts_across_the_end_of_32_bits() -> None:
    assert CLOCK.since(0xFFFF_FFFF) == 1001


@pytest.mark.parametrize(("wait", "grain"), [(62, 1), (63, 8), (503, 8), (504, 64), (30_000, 512), (33_000, 4096)])
def test_timer_fires_late_by_the_timer_wheel_granularity(wait: int, grain: int) -> None:
    """The finest level of the kernel's timer wheel holds 63 jiffies, each further one is eight times as coarse."""
    for jiffies in range(JIFFIES, JIFFIES + 8_192, 511):
        clock = Clock(jiffies, 1_000, READ_NS)
        fires = clock.fires_ms(wait, wait)
        assert 0 < fires - wait <= grain
        assert (jiffies + fires) % grain == 0


def test_info_fields_copied_unchanged() -> None:
    found = info(mss_cache=1448, packets_out=3, snd_cwnd=10, bytes_acked=1 << 40, sk_pacing_rate=99)
    assert (found.snd_mss, found.unacked, found.snd_cwnd, found.bytes_acked, found.pacing_rate) == (
        *(1448, 3, 10, 1 << 40, 99),
    )


def test_info_in_microseconds() -> None:
    found = info(srtt_us=800, mdev_us=40, rcv_rtt_us=16, icsk_rto=51, ato=10)
    assert (found.rtt, found.rttvar, found.rcv_rtt, found.rto, found.ato) == (100, 10, 2, 204_000, 40_000)


def test_info_ages() -> None:
    found = info(lsndtime=JIFFIES_32 - 25, lrcvtime=JIFFIES_32 - 50, rcv_tstamp=JIFFIES_32)
    assert (found.last_data_sent, found.last_data_recv, found.last_ack_recv) == (100, 200, 0)


@pytest.mark.parametrize(("field", "bit"), [("tstamp_ok", 1), ("sack_ok", 2), ("wscale_ok", 4), ("syn_data_acked", 32)])
def test_info_options(field: str, bit: int) -> None:
    assert info(**{field: 1}).options == bit


@pytest.mark.parametrize(("flags", "bits"), [(0x01, 8), (0x10, 8), (0x08, 16), (0x02, 0)])
def test_info_ecn(flags: int, bits: int) -> None:
    assert info(ecn_flags=flags).options == bits


def test_info_scales_where_agreed() -> None:
    found = info(wscale_ok=1, snd_wscale=7, rcv_wscale=10)
    assert (found.snd_wscale, found.rcv_wscale) == (7, 10)
    assert info(snd_wscale=7, rcv_wscale=10).wscales == 0


def test_info_flags() -> None:
    assert info(rate_app_limited=1, fastopen_client_fail=2).flags == 0b101


@pytest.mark.parametrize(("write_seq", "snd_nxt", "unsent"), [(30, 10, 20), (5, 0xFFFF_FFFB, 10), (10, 11, 0)])
def test_info_not_sent(write_seq: int, snd_nxt: int, unsent: int) -> None:
    assert info(write_seq=write_seq, snd_nxt=snd_nxt).notsent_bytes == unsent


def test_info_delivery_rate() -> None:
    assert info(rate_delivered=10, mss_cache=1000, rate_interval_us=100_000).delivery_rate == 100_000
    assert info(rate_delivered=10, mss_cache=1000).delivery_rate == 0


def test_info_chronographs_that_rest() -> None:
    found = info(chrono_busy=25, chrono_rwnd=50, chrono_sndbuf=75)
    assert (found.busy_time, found.rwnd_limited, found.sndbuf_limited) == (600_000, 200_000, 300_000)


def test_info_chronograph_that_runs() -> None:
    found = info(chrono_busy=25, chrono_type=2, chrono_start=JIFFIES_32 - 25)
    assert (found.busy_time, found.rwnd_limited) == (200_000, 100_000)


def test_info_time_in_timeouts() -> None:
    assert info(total_rto_time=40).total_rto_time == 40
    assert info(total_rto_time=40, rto_stamp=READ_NS // 1_000_000 - 300).total_rto_time == 340


def test_info_that_the_kernel_lacks() -> None:
    found = info(lacking="total_rto total_rto_time rcv_ooopack")
    assert (found.total_rto, found.total_rto_time, found.rcv_ooopack) == (None, None, None)
    assert found.bytes_acked == 0


def test_info_of_a_listener() -> None:
    found = record(state=LISTEN, sk_ack_backlog=3, sk_max_ack_backlog=128, snd_cwnd=10).info
    assert found is not None
    assert (found.unacked, found.sacked, found.snd_cwnd, found.rto) == (3, 128, 10, None)
