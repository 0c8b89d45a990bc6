"""The rules on segments that this kernel dropped."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.happened import DroppedAt
from tcpwatch.diagnose.problem import Cause, Severity
from tcpwatch.diagnose.rules.drops import dropped_by_kernel, dropped_of_this_one
from tcpwatch.sockets.mishaps import EndsMishaps, SegmentDropped
from tests.diagnose.facts import facts
from tests.diagnose.happenings import ENDS, program

NFT = "NETFILTER_DROP"
DROP = SegmentDropped(5, ENDS, None, None, NFT, 2, received=True, location="nft_do_chain")


def dropped(reason: str, times: int, of_connection: bool, newest: SegmentDropped | None = None) -> DroppedAt:
    return DroppedAt(":8080", True, reason, times, of_connection, newest, (7,))


@pytest.mark.parametrize(
    ("reason", "times", "of_connection", "severity"),
    [
        (NFT, 2, True, Severity.NOTE),
        (NFT, 3, True, Severity.WARN),
        (NFT, 5_000, False, Severity.NOTE),
        ("TCP_CSUM", 9, False, Severity.NOTE),
        ("TCP_CSUM", 10, False, Severity.WARN),
        ("PROTO_MEM", 500, True, Severity.NOTE),
    ],
)
def test_severity_follows_from_what_was_dropped(
    reason: str, times: int, of_connection: bool, severity: Severity
) -> None:
    found = dropped_by_kernel(program(drops=(dropped(reason, times, of_connection),)))
    assert found is not None
    assert (found.severity, found.members) == (severity, (7,))


def test_sentence_names_place_program_and_reason() -> None:
    found = dropped_by_kernel(program(drops=(dropped(NFT, 3, True, DROP), dropped("TCP_CSUM", 1, False))))
    assert found is not None
    assert str(found.message) == (
        "This host dropped 3 segments of connections of :8080 (java/4242) in the last minute, each because a firewall "
        "rule on this host drops or rejects it (nftables, iptables)."
    )
    assert [str(one) for one in found.evidence] == [
        "the newest: it had come in, and was dropped in nft_do_chain()",
        "1 segment at :8080 too: its TCP checksum is wrong",
    ]
    assert (found.next_steps, found.cause) == (("nft list ruleset",), Cause.KERNEL_SETTING)


def test_drop_of_a_hook_may_be_conntrack_s() -> None:
    found = dropped_by_kernel(program(drops=(dropped(NFT, 1, True, replace(DROP, location="nf_hook_slow")),)))
    assert found is not None
    assert str(found.message).endswith("because iptables drops it, or its connection cannot be tracked (conntrack).")


def test_reason_without_a_command_of_its_own_names_the_port() -> None:
    found = dropped_by_kernel(program(drops=(dropped("NOMEM", 1, False),)))
    assert found is not None
    assert found.next_steps == ("tcpdump -ni any tcp port 8080",)
    assert str(found.message).startswith("This host dropped 1 segment for :8080 (java/4242)")


def test_nothing_dropped_is_nothing() -> None:
    assert dropped_by_kernel(program()) is None


def test_socket_tells_what_was_dropped_of_it() -> None:
    found = dropped_of_this_one(facts(ends=ENDS, mishaps=EndsMishaps(drops={NFT: (4, DROP)})))
    assert found is not None
    assert str(found.message).startswith("Of this connection this host has dropped 4 segments, the newest because a")


@pytest.mark.parametrize("reason", ["TCP_OLD_DATA", "NO_SOCKET", "TCP_LISTEN_OVERFLOW"])
def test_ordinary_drops_and_those_of_other_rules_are_not_told(reason: str) -> None:
    assert dropped_of_this_one(facts(ends=ENDS, mishaps=EndsMishaps(drops={reason: (4, DROP)}))) is None
    assert dropped_of_this_one(facts(ends=ENDS)) is None
