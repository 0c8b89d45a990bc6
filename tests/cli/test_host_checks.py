import pytest

from tcpwatch.cli.host_checks import conntrack_check, host_checks, limits_check, links_check
from tcpwatch.sockets.host import Conntrack, HostLimits, Link, TcpMemory

LO = Link(1, "lo", up=True, carrier=True)


def links(*others: Link) -> HostLimits:
    return HostLimits(links={link.index: link for link in (LO, *others)})


def test_limits_are_told_with_what_is_used_of_them() -> None:
    facts = HostLimits(
        sockets=5,
        time_wait=2,
        max_time_wait=131_072,
        orphans=0,
        max_orphans=8,
        memory=TcpMemory(1_000, 1, 2, 3_000),
        bound_ports=frozenset({5}),
    )
    check = limits_check(facts)
    assert check.works
    assert check.message == (
        "TIME-WAIT 2 of 131,072; orphans 0 of 8; pages of memory 1,000 of 3,000; bound and unconnected ports 1"
    )


def test_limits_that_cannot_be_read_are_named() -> None:
    check = limits_check(
        HostLimits(sockets=5, missing={"memory": "not here", "max_orphans": "not here", "links": "no"})
    )
    assert check.works
    assert check.message == "not told of memory and orphans (not here)"
    assert not limits_check(HostLimits()).works


def test_links_that_nothing_can_pass_are_named() -> None:
    down = [Link(number, f"if{number}", up=False, carrier=False) for number in range(2, 9)]
    assert links_check(links()).message == "NETLINK_ROUTE: 1 link"
    assert links_check(links(Link(2, "e0", up=True, carrier=False))).message == (
        "NETLINK_ROUTE: 2 links; without carrier: e0"
    )
    assert links_check(links(*down)).message.endswith("; down: if2, if3, if4, if5, if6 and 2 more")
    assert not links_check(HostLimits(missing={"links": "refused"})).works


@pytest.mark.parametrize(
    ("facts", "readable", "works", "words"),
    [
        (HostLimits(missing={"conntrack": "not loaded"}), False, True, "not loaded"),
        (HostLimits(conntrack=Conntrack(0, 8)), False, True, "no connection is tracked here"),
        (
            HostLimits(conntrack=Conntrack(5, 8)),
            True,
            True,
            "5 of at most 8 connections are tracked; the entry of each",
        ),
        (HostLimits(conntrack=Conntrack(5, 8)), False, False, "shown to root only"),
    ],
)
def test_conntrack_is_told_to_be_in_use_and_readable_or_not(
    facts: HostLimits, readable: bool, works: bool, words: str
) -> None:
    check = conntrack_check(facts, readable)
    assert check.works is works
    assert words in check.message
    assert (check.fix is None) is works


@pytest.mark.e2e
def test_checks_of_this_host() -> None:
    assert [check.name for check in host_checks()] == ["limits", "links", "route", "conntrack"]
