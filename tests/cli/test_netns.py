"""`--netns` and `--all-netns`, with real namespaces: the real command, in a process of its own each time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tcpwatch.cli import main, netns
from tcpwatch.cli.options import KernelOptions
from tcpwatch.kernel.namespaces.find import OWN_NETNS, NamespaceFile, namespace_here
from tcpwatch.sockets.namespace import Namespace
from tests.kernel.held_namespaces import held, named, needs_namespaces

pytestmark = [pytest.mark.e2e, needs_namespaces]
UNPRIVILEGED = ("setpriv", "--inh-caps=-all", "--bounding-set=-sys_admin")


def tcpwatch(*words: str, prefix: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    command = [*prefix, sys.executable, "-m", "tcpwatch", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def sockets(*words: str) -> list[dict[str, object]]:
    done = tcpwatch("sockets", "--json", *words)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("source", [(), ("--no-bpf",), ("--backend", "portable")])
def test_netns_has_the_sockets_of_that_namespace_alone(source: tuple[str, ...]) -> None:
    with held() as there:
        found = sockets("--netns", str(there.pid), *source)
        assert [row["state"] for row in found if row["local_port"] == there.port] != []
        assert {there.port} <= {port for row in found for port in (row["local_port"], row["remote_port"])}
        assert len(found) == 3
        assert {holder["pid"] for row in found for holder in row["owners"]} == {there.pid}  # as the host counts
        if source[:1] != ("--backend",):
            assert {row["netns"] for row in found} == {there.inode}


def test_netns_by_name_is_named(tmp_path: Path) -> None:
    with named() as name, held("ip", "netns", "exec", name):
        assert {row["netns_name"] for row in sockets("--netns", name)} == {name}


def test_netns_captures_there() -> None:
    with held() as there:
        done = tcpwatch("packets", "--netns", str(there.pid), "--iface", "eth77")
        assert (done.returncode, done.stderr) == (2, "tcpwatch: there is no interface eth77; there are: lo, any\n")
        doctor = json.loads(tcpwatch("doctor", "--json", "--netns", str(there.pid)).stdout)
        assert [found["name"] for found in doctor["interfaces"]] == ["lo"]


def test_netns_that_is_not_there() -> None:
    with named() as name:
        done = tcpwatch("sockets", "--netns", "nowhere")
    assert done.returncode == 2
    assert "there is no network namespace nowhere; there are: " in done.stderr
    assert name in done.stderr


@pytest.mark.parametrize("words", [("--netns", "{pid}"), ("--all-netns",)])
def test_netns_without_the_right_to_enter(words: tuple[str, ...]) -> None:
    with held() as there:
        done = tcpwatch("sockets", *(word.format(pid=there.pid) for word in words), prefix=UNPRIVILEGED)
    assert done.returncode == 3
    assert "CAP_SYS_ADMIN" in done.stderr
    assert "--cap-add=SYS_ADMIN" in done.stderr


@pytest.mark.parametrize("source", [(), ("--no-bpf",)])
def test_all_netns_has_every_namespace_and_says_which(source: tuple[str, ...]) -> None:
    with held() as one, named() as name, held("ip", "netns", "exec", name) as other:
        found = sockets("--all-netns", *source)
        names = {row["netns"]: row["netns_name"] for row in found}
        ports = {(row["netns"], row["local_port"]) for row in found if row["state"] == "LISTEN"}
        assert {(one.inode, one.port), (other.inode, other.port)} <= ports
        assert names[other.inode] == name
        assert {row["local_port"] for row in sockets("--all-netns", "--filter", f"netns:{name} state:listen")} == {
            other.port
        }


def test_all_netns_finds_the_owners_in_each_namespace() -> None:
    with held() as one, held() as other:
        found = [row for row in sockets("--all-netns") if row["netns"] in (one.inode, other.inode)]
    owners = {row["netns"]: {holder["pid"] for holder in row["owners"]} for row in found}
    assert owners == {one.inode: {one.pid}, other.inode: {other.pid}}


def test_all_netns_is_not_for_psutil() -> None:
    assert main(["sockets", "--all-netns", "--backend", "portable"]) == 2


def test_reach_is_bounded_and_counts_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here, stale = namespace_here(), NamespaceFile(Namespace(1, "stale"), Path(__file__))
    assert here is not None
    monkeypatch.setattr(netns, "MOST", 3)
    monkeypatch.setattr(
        netns, "list_namespaces", lambda: [NamespaceFile(here, OWN_NETNS), stale, *[NamespaceFile(here, OWN_NETNS)] * 3]
    )
    found = netns.namespace_scope(KernelOptions(all_netns=True))
    assert (found.here, len(found.namespace_threads), found.left_out) == (here, 1, 3)
    assert "network namespace stale is left out" in capsys.readouterr().err
    for namespace_thread in found.namespace_threads:
        namespace_thread.close()
