"""Attributes as the kernel writes them, of sockets and of congestion controls that this kernel may not have."""

import struct

import pytest

from tcpwatch.kernel.sock_diag.attributes import (
    INET_DIAG_BBRINFO,
    INET_DIAG_CGROUP_ID,
    INET_DIAG_CONG,
    INET_DIAG_DCTCPINFO,
    INET_DIAG_MARK,
    INET_DIAG_SHUTDOWN,
    INET_DIAG_SKMEMINFO,
    INET_DIAG_SKV6ONLY,
    INET_DIAG_ULP_INFO,
    INET_DIAG_VEGASINFO,
    Attributes,
    attributes,
)
from tcpwatch.sockets.extras import NO_EXTENSIONS, Extensions, Memory, Numbers
from tests.kernel.records import MEMORY, attribute

NESTED = 0x8000
ULP_NAME, ULP_TLS, ULP_MPTCP = 1, 2, 3
SOCKOPT = 22


def extensions(*found: tuple[int, bytes]) -> Extensions:
    return Attributes(b"".join(attribute(kind, value) for kind, value in found)).extensions


def nested(*found: tuple[int, bytes]) -> bytes:
    return b"".join(attribute(kind, value) for kind, value in found)


def test_attributes_one_after_the_other() -> None:
    data = b"before" + attribute(8, b"\x03") + attribute(NESTED | 19, b"12345678")
    assert [(kind, data[span]) for kind, span in attributes(data, 6)] == [(8, b"\x03"), (19, b"12345678")]


@pytest.mark.parametrize("length", [0, 3, 400])
def test_attributes_end_at_one_of_impossible_length(length: int) -> None:
    broken = struct.pack("=HH", length, 8) + bytes(4)
    assert [kind for kind, _ in attributes(attribute(4, b"bbr\0") + broken)] == [4]


def test_extensions_without_attributes() -> None:
    assert extensions() == extensions((SOCKOPT, bytes(2))) == NO_EXTENSIONS


def test_extensions_of_a_listener() -> None:
    found = extensions(
        (INET_DIAG_SHUTDOWN, b"\x02"),
        (INET_DIAG_SKV6ONLY, b"\x01"),
        (INET_DIAG_MARK, struct.pack("=I", 42)),
        (INET_DIAG_CGROUP_ID, struct.pack("=Q", 1 << 40)),
        (INET_DIAG_CONG, b"cubic\0"),
    )
    assert found == Extensions(congestion="cubic", cgroup_id=1 << 40, mark=42, v6only=True, shutdown=2)


def test_v6only_that_is_off() -> None:
    assert extensions((INET_DIAG_SKV6ONLY, b"\0")).v6only is False


@pytest.mark.parametrize(
    ("value", "memory"),
    [
        (MEMORY, Memory(*range(100, 109))),
        (MEMORY + bytes(4), Memory(*range(100, 109))),
        (MEMORY[:32], Memory(*range(100, 108))),
        (MEMORY[:31], None),
    ],
)
def test_memory_of_older_and_newer_kernels(value: bytes, memory: Memory | None) -> None:
    assert extensions((INET_DIAG_SKMEMINFO, value)).memory == memory


def test_memory_set_aside_may_be_overdrawn() -> None:
    found = extensions((INET_DIAG_SKMEMINFO, struct.pack("=4Ii4I", 0, 0, 0, 0, -1, 0, 0, 0, 0))).memory
    assert found is not None
    assert found.fwd_alloc == -1


@pytest.mark.parametrize(
    ("kind", "value", "info"),
    [
        (INET_DIAG_VEGASINFO, struct.pack("=4I", 1, 2, 3, 4), {"enabled": 1, "rttcnt": 2, "rtt": 3, "minrtt": 4}),
        (
            INET_DIAG_DCTCPINFO,
            struct.pack("=HH3I", 1, 2, 3, 4, 5),
            {"enabled": 1, "ce_state": 2, "alpha": 3, "ab_ecn": 4, "ab_tot": 5},
        ),
        (
            INET_DIAG_BBRINFO,
            struct.pack("=5I", 7, 1, 40, 739, 512),
            {"bw": (1 << 32) + 7, "min_rtt": 40, "pacing_gain": 739, "cwnd_gain": 512},
        ),
        (INET_DIAG_BBRINFO, bytes(16), None),
    ],
)
def test_congestion_control_details(kind: int, value: bytes, info: Numbers | None) -> None:
    assert extensions((kind, value)).congestion_info == info


def test_upper_layer_tls() -> None:
    inner = nested((1, b"\x04\x03"), (2, b"\x33\0"), (3, b"\x02\0"), (4, b"\x01\0"), (6, b""))
    found = extensions((NESTED | INET_DIAG_ULP_INFO, nested((ULP_NAME, b"tls\0"), (NESTED | ULP_TLS, inner))))
    assert found.ulp == "tls"
    assert found.ulp_info == {"version": 0x304, "cipher": 51, "txconf": 2, "rxconf": 1, "rx_no_pad": 1}


def test_upper_layer_mptcp() -> None:
    inner = nested((2, struct.pack("=I", 0xAFFE)), (8, struct.pack("=I", 0b11)), (9, b"\x05"))
    found = extensions((INET_DIAG_ULP_INFO, nested((ULP_NAME, b"mptcp\0"), (ULP_MPTCP, inner))))
    assert (found.ulp, found.ulp_info) == ("mptcp", {"token_loc": 0xAFFE, "flags": 3, "id_rem": 5})


def test_upper_layer_with_its_name_only() -> None:
    found = extensions((INET_DIAG_ULP_INFO, nested((ULP_NAME, b"espintcp\0"))))
    assert (found.ulp, found.ulp_info) == ("espintcp", None)
