"""The filter language."""

from dataclasses import replace

import pytest

from tcpwatch.monitor.filter.language import FilterError, compile_filter
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.tcp.state import State
from tests.builders import ends

NOW_NS = 100 * 10**9
OWNERS = (Owner(4242, 1, "java", 57), Owner(4243, 1, "java-helper", 57))
BLUE = Namespace(4_026_532_177, "blue", "docker/3f2a9c01d2e4")
ROW = SocketRow(1, ends(("10.0.0.5", 9999), ("10.0.0.7", 53412)), False, State.CLOSE_WAIT, 33, 7, 501, 0, netns=BLUE)
LEAK = Connection(ROW, OWNERS, None, "www", 40 * 10**9, True, Mark.NONE, None)
ORPHAN = Connection(ROW, (), NoOwner.KERNEL, None, NOW_NS, True, Mark.NONE, None)


def matches(text: str, connection: Connection = LEAK) -> bool:
    return compile_filter(text)(connection, NOW_NS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "state:close-wait",
        "state:CLOSE_WAIT",
        "state:closewait",
        "port:9999",
        "port:53412",
        "proc:java",
        "proc:/^java-h/",
        "pid:4243",
        "user:www",
        "user:33",
        "host:10.0.0.7",
        "net:10.0.0.0/8",
        "age>59",
        "age>=60s",
        "age<2m",
        "recvq>500",
        "sendq<=0",
        "netns:blue",
        "netns:BLUE",
        "netns:docker",
        "netns:/^docker.3f2a/",
        "netns:4026532177",
        "3f2a9c01d2e4",
        "JAVA",
        "10.0.0.5:9999",
        "/534\\d2/",
        "java port:9999",
        "java and port:9999",
        "port:1 or port:9999",
        "not port:1",
        "not (port:1 or port:2)",
        "(port:1 or java) not pid:1",
    ],
)
def test_filter_matches(text: str) -> None:
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "state:estab",
        "port:1",
        "proc:ruby",
        "pid:1",
        "host:10.0.0.8",
        "net:fe80::/10",
        "age>60s",
        "recvq>501",
        "ruby",
        "not java",
    ],
)
def test_filter_does_not_match(text: str) -> None:
    assert not matches(text)


def test_plain_word_finds_why_there_is_no_owner() -> None:
    assert matches("kernel", ORPHAN)
    assert not matches("proc:java", ORPHAN)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("prot:9999", 1, "there is no key 'prot'"),
        ("java state:closed-wait", 12, "no TCP state 'closed-wait'"),
        ("port:http", 6, "'http' is not a number"),
        ("port:", 6, "port needs a value"),
        ("host:web", 6, "'web' is not an address"),
        ("net:10.0.0.0/99", 5, "not a network"),
        ("age>soon", 5, "not a time"),
        ("recvq:5", 6, "compare with"),
        ("proc:/(/", 6, "not a regular expression"),
        ("(java", 1, "not closed"),
        ("java)", 5, "never opened"),
        ("java or", 8, "a word is missing"),
        ("not", 4, "a word is missing"),
    ],
)
def test_wrong_filter_names_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(FilterError, match=f"^filter, column {column}: ") as caught:
        compile_filter(text)
    assert message in str(caught.value)


def test_age_with_a_lower_bound_alone_never_passes_as_young() -> None:
    at_least = replace(LEAK, since_seen=False)
    assert matches("age>59s", at_least)
    assert not matches("age<2m", at_least)


def test_queue_that_is_not_known_passes_no_comparison() -> None:
    unknown = replace(LEAK, row=replace(ROW, recv_q=None))
    assert not matches("recvq<5", unknown)
    assert not matches("recvq>=0", unknown)


def test_filter_finds_our_own_namespace_by_here_alone() -> None:
    ours = replace(LEAK, row=replace(ROW, netns=replace(BLUE, here=True)))
    assert matches("netns:here", ours)
    assert not matches("here", ours)  # every row would be
    assert not matches("netns:here")
    assert not matches("netns:blue", replace(LEAK, row=replace(ROW, netns=None)))


def test_interface_is_that_which_the_socket_is_bound_to() -> None:
    bound = replace(LEAK, row=replace(ROW, interface=3, interface_name="eth0"))
    assert matches("iface:eth0", bound)
    assert matches("iface:3", bound)
    assert matches("%eth0", bound)
    assert not matches("iface:eth", bound)
    assert not matches("iface:0")
