"""What `ss -e -m -i` adds, from records of the TCP iterator."""

import pytest

from tcpwatch.kernel.bpf.fields import Shape
from tcpwatch.sockets.extras import NO_EXTENSIONS, Extensions, Memory
from tests.kernel.bpf.records import ESTABLISHED, LISTEN, NEW_SYN_RECV, TIME_WAIT, record

CLOSE_WAIT, AF_INET6 = 8, 10
BBR_FIELDS = {
    "congestion": b"bbr".ljust(16, b"\0"),
    "mss_cache": 1000,
    "bbr_bw": 3 << 24,
    "bbr_min_rtt": 40,
    "bbr_pacing_gain": 739,
    "bbr_cwnd_gain": 512,
}


def extensions(shape: Shape = Shape.FULL, state: int = ESTABLISHED, **values: int | bytes) -> Extensions:
    return record(shape, state, **values).extensions


def test_memory() -> None:
    """A socket that has sent nothing holds one reference to its own write memory."""
    found = extensions(
        sk_rmem_alloc=1,
        sk_rcvbuf=2,
        sk_wmem_alloc=4,
        sk_sndbuf=4,
        sk_forward_alloc=-5,
        sk_wmem_queued=6,
        sk_omem_alloc=7,
        sk_backlog=8,
        sk_drops=9,
    )
    assert found.memory == Memory(1, 2, 3, 4, -5, 6, 7, 8, 9)


def test_settings() -> None:
    found = extensions(congestion=b"cubic".ljust(16, b"\0"), ulp=b"tls".ljust(16, b"\0"), cgroup_id=77, sk_mark=42)
    assert (found.congestion, found.ulp, found.cgroup_id, found.mark) == ("cubic", "tls", 77, 42)
    assert (found.congestion_info, found.ulp_info, found.shutdown) == (None, None, 0)


def test_upper_layer_that_there_is_not() -> None:
    assert extensions().ulp is None


@pytest.mark.parametrize(("family", "v6only"), [(2, None), (AF_INET6, True)])
def test_v6only_is_said_of_ipv6(family: int, v6only: bool | None) -> None:
    assert extensions(state=LISTEN, skc_family=family, skc_ipv6only=1).v6only is v6only


def test_bbr() -> None:
    """Three packets of 1,000 bytes a microsecond are 3 GB a second."""
    info = {"bw": 3_000_000_000, "min_rtt": 40, "pacing_gain": 739, "cwnd_gain": 512}
    assert extensions(**BBR_FIELDS).congestion_info == info


def test_bbr_that_was_held_down_by_a_policer() -> None:
    info = extensions(**BBR_FIELDS, bbr_lt_use_bw=1, bbr_lt_bw=1 << 24).congestion_info
    assert info is not None
    assert info["bw"] == 1_000_000_000


def test_bbr_is_asked_for_its_numbers_while_it_sends() -> None:
    """As the kernel asks for sock_diag: not from TIME-WAIT on, in the order of its states."""
    assert extensions(state=CLOSE_WAIT, **BBR_FIELDS).congestion_info is None


def test_bbr_of_a_kernel_that_has_it_as_a_module() -> None:
    assert record(lacking="bbr_bw", **BBR_FIELDS).extensions.congestion_info is None


def test_request_has_a_mark_alone() -> None:
    assert extensions(Shape.REQUEST, NEW_SYN_RECV, sk_mark=42) == Extensions(mark=42)


def test_time_wait_has_a_mark_alone() -> None:
    assert extensions(Shape.TIME_WAIT, TIME_WAIT, sk_mark=42) == Extensions(mark=42)


def test_fields_that_the_kernel_lacks() -> None:
    lacking = "sk_rcvbuf congestion ulp cgroup_id sk_mark skc_ipv6only sk_shutdown"
    assert record(lacking=lacking).extensions == NO_EXTENSIONS
    assert record(lacking="sk_wmem_alloc").extensions.memory == Memory(0, 0, None, 0, 0, 0, 0, 0, 0)
